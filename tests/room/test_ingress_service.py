"""The ingress service as a process, in a real room."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.sources.service import serving
from tests.support.clips import film
from tests.support.livekit_server import LiveKitServer
from tests.support.viewer_probe import watching


@pytest.mark.timeout(180)
async def test_what_is_added_is_in_the_room_and_survives_a_restart(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    (tmp_path / "media").mkdir()
    film(tmp_path / "media" / "clip.mp4", seconds=2, size=(320, 240))
    fixed = [{"name": "wall", "url": "test:320x240@10", "room": "gallery"}]
    environment = {"PRESSBOX_ROOM": "gallery", "PRESSBOX_SOURCES": json.dumps(fixed)}
    async with serving(livekit_server, tmp_path, environment) as service:
        await service.add("film", "clip.mp4")
        token = livekit_server.token("gallery", "viewer")
        async with watching(livekit_server.url, token, picture="camera") as viewer:
            await viewer.until(lambda: len(viewer.frames) > 5, timeout=30, what="a picture")
            await viewer.until(lambda: len(viewer.room.remote_participants) == 2, timeout=30)
            assert {*viewer.room.remote_participants} == {"film", "wall"}
        status, said = await service.ask("DELETE", "/api/sources/wall")
        assert (status, "stands in the settings" in said["error"]) == (409, True)
        await service.end()
    async with serving(livekit_server, tmp_path, environment) as service:
        for name in ("film", "wall"):
            await service.until(name, lambda report: report["state"] == "live", "live", 40)
        await service.remove("film")
        assert [*await service.reports()] == ["wall"]
        await service.end()
        assert "Traceback" not in service.log
