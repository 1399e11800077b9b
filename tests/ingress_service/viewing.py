"""A viewer in a room of the rig, and what it saw."""

from __future__ import annotations

import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.peers.ingress_service import IngressRig
from tests.support import burnt_clock
from tests.support.records import SeenFrame
from tests.support.viewer_probe import ViewerProbe, watching

ROOM = "lobby"
APPEARS = 60.0
"""Seconds in which a picture has to be there, on a machine that does other things too."""

OLD = 30.0
"""Seconds that no picture of now is behind; how far it is behind is for the benchmarks."""


@asynccontextmanager
async def viewer(
    rig: IngressRig, *, picture: str | None = "camera", sound: str | None = "sound"
) -> AsyncIterator[ViewerProbe]:
    """Watches the tracks that an ingress of ours has."""
    token = rig.server.token(ROOM, "viewer", publish=False)
    async with watching(rig.server.url, token, picture=picture, sound=sound) as probe:
        yield probe


async def new_pictures(probe: ViewerProbe, count: int = 30) -> list[SeenFrame]:
    """The next pictures with a clock in them."""
    have, since = len(probe.frames), time.monotonic()

    def enough() -> bool:
        return len(_true(probe, have, since)) >= count

    await probe.until(enough, timeout=APPEARS, what=f"{count} new pictures")
    return _true(probe, have, since)


def _true(probe: ViewerProbe, have: int, since: float) -> list[SeenFrame]:
    return [one for one in probe.frames[have:] if one.burnt and one.received > since]


def median_age(frames: list[SeenFrame]) -> float:
    """Median seconds from the drawing of a picture to its arrival."""
    ages = [burnt_clock.age(one.burnt, one.received) for one in frames if one.burnt]
    return statistics.median(ages)


def present(probe: ViewerProbe, identity: str) -> bool:
    """Whether this participant is in the room."""
    return identity in probe.room.remote_participants
