"""One fault: a source is live, something happens to it, it is mended, and it is live again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.sources.room_viewer import RoomViewer
from tests.sources.service import IngressService

LIVE_LIMIT = 40.0
FRESH = 6
"""Pictures drawn after the mending that show that it is over."""

NEWEST_AGE = 3.0
"""Seconds that the picture may be old when it is over: what piled up meanwhile is left out."""

Act = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Trial:
    """hurt and mend: what happens; states: at least one of them must be reported in between, ""
    for none at all; same_track: whether viewers keep their subscription.
    """

    name: str
    url: str
    hurt: Act
    mend: Act
    states: tuple[str, ...] = ("stalled", "reconnecting")
    transport: str = "tcp"
    same_track: bool = True


async def undergo(
    trial: Trial, service: IngressService, viewer: RoomViewer, *, away: float = 0.0
) -> float:
    """Seconds from the mending to the first fresh picture. Raises AssertionError.

    away: seconds that the fault lasts beyond its being reported.
    """
    seen = viewer.of(trial.name)
    await service.add(trial.name, trial.url, transport=trial.transport)
    await viewer.until(lambda: len(seen.clocked) >= 10, f"{trial.name} at first", LIVE_LIMIT)
    sids, tracks = list(seen.sids), list(seen.tracks)
    await trial.hurt()
    if trial.states:
        await service.until(
            trial.name,
            lambda report: report["state"] in trial.states,
            f"one of {trial.states}",
            LIVE_LIMIT,
        )
    if away:
        await asyncio.sleep(away)
    mended = time.monotonic()
    await trial.mend()
    await viewer.until(
        lambda: len(seen.since(mended)) >= FRESH,
        lambda: f"{trial.name} back; {service.states(trial.name)}",
        LIVE_LIMIT,
    )
    back = seen.since(mended)[0].received - mended
    await service.until(trial.name, lambda report: report["state"] == "live", "live again")
    await viewer.until(
        lambda: seen.age(5) < NEWEST_AGE, lambda: f"{trial.name} is {seen.age(5):.1f} s old"
    )
    assert seen.sids == sids, f"{trial.name} left the room"
    if trial.same_track:
        assert seen.tracks == tracks, f"{trial.name}: {tracks} became {seen.tracks}"
    return back
