"""The preamble of all tests here: the service, and somebody who watches its room."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.sources.room_viewer import RoomViewer, viewing
from tests.sources.service import IngressService, serving
from tests.support.livekit_server import LiveKitServer


@asynccontextmanager
async def watched(
    server: LiveKitServer,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    *,
    within: tuple[str, ...] = (),
) -> AsyncIterator[tuple[IngressService, RoomViewer]]:
    """As `serving`; afterwards neither may have failed unseen, and the service ends when asked."""
    async with (
        serving(server, folder, environment, within=within) as service,
        viewing(server, service.room) as viewer,
    ):
        yield service, viewer
        assert viewer.wrong == []
        # LiveKit's own loop fails and goes on where a busy machine tells of a track too early.
        said = service.log.split("Traceback")[1:]
        assert [one for one in said if "/livekit/rtc/room.py" not in one[:400]] == []
        assert "never retrieved" not in service.log
        await service.end()
