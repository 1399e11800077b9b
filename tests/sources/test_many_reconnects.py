"""A source that goes away again and again leaves nothing behind: no descriptor, child, memory."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path

import pytest

from tests.sources.conftest import FULL, Row, Table, full_only
from tests.sources.room_viewer import RoomViewer, Seen
from tests.sources.service import Footprint, IngressService
from tests.sources.test_faults import Hospital, hospital
from tests.support.livekit_server import LiveKitServer

TIMES = 200 if FULL else 12
DESCRIPTORS, THREADS = 6, 4
"""How many more may be there for a moment: of a request that is under way, of a pool that grew."""

MEMORY = 12 * 2**20
"""Bytes that may come with use: what Python and LiveKit keep for the next time."""


@pytest.mark.timeout(1500 if FULL else 150)
async def test_a_connection_cut_again_and_again_leaves_nothing_behind(
    livekit_server: LiveKitServer, tmp_path: Path, table: Table
) -> None:
    async with hospital(livekit_server, tmp_path) as at:
        await at.camera("cam", sound="aac")
        flaky = await at.proxy()
        url = f"rtsp://127.0.0.1:{flaky.port}/open/cam"
        await at.service.add("flaky", url, transport="tcp")
        await _back(at, 0)
        took: list[float] = []
        before = at.service.footprint()
        for number in range(1, TIMES + 1):
            flaky.cut()
            took.append(await _back(at, number))
            if number == TIMES // 4:
                before = await _settled(at.service, at.viewer)
        after = await _settled(at.service, at.viewer)
        seen = at.viewer.of("flaky")
        assert len(seen.sids) == 1
        assert len(seen.tracks) == 2, "a picture and a sound, the same all the time"
        assert after.descriptors <= before.descriptors + DESCRIPTORS, (before, after)
        assert after.children <= before.children, (before, after)
        assert after.threads <= before.threads + THREADS, (before, after)
        grown = after.memory - before.memory
        assert grown < MEMORY, f"{grown / 2**20:.1f} MiB more"
        said = (
            f"{TIMES} times cut: back in {sorted(took)[len(took) // 2]:.1f} s (median), "
            f"{max(took):.1f} s at worst; {after.descriptors - before.descriptors:+d} descriptors, "
            f"{grown / 2**20:+.1f} MiB in the last {TIMES - TIMES // 4}"
        )
        table.append(Row("connection cut", "RTSP tcp", said))


@full_only
@pytest.mark.timeout(300)
async def test_sources_that_come_and_go_leave_nothing_behind(
    livekit_server: LiveKitServer, tmp_path: Path, table: Table
) -> None:
    async with hospital(livekit_server, tmp_path) as at:
        await at.camera("cam", sound="aac")
        counts: list[Footprint] = []
        for number in range(30):
            name = f"cam{number}"
            await at.service.add(name, at.media.rtsp("open/cam"))
            seen = at.viewer.of(name)
            await at.viewer.until(partial(_shows, seen), name)
            await at.service.remove(name)
            await asyncio.sleep(0.5)
            counts.append(at.service.footprint())
        first, last = counts[9], counts[-1]
        assert last.descriptors <= first.descriptors + DESCRIPTORS, (first, last)
        assert last.threads <= first.threads + THREADS, (first, last)
        assert last.children <= first.children
        grown = (last.memory - first.memory) / 2**20
        table.append(
            Row("added and removed", "RTSP", f"{grown:+.1f} MiB in the last 20 of 30 times")
        )
        assert grown * 2**20 < MEMORY


def _shows(seen: Seen) -> bool:
    return len(seen.clocked) > 3


async def _back(at: Hospital, reconnects: int) -> float:
    """Waits until the picture is back for the so-manieth time; the seconds that it took."""
    begun = time.monotonic()
    if reconnects:
        # Somebody is impatient: without that it would wait longer each time.
        await at.service.until("flaky", lambda one: one["state"] != "live", "away", 20)
        await at.service.wake("flaky")
    await at.service.until(
        "flaky",
        lambda one: one["state"] == "live" and one["reconnects"] >= reconnects,
        f"live after {reconnects} cuts",
        60,
    )
    seen = at.viewer.of("flaky")
    await at.viewer.until(lambda: len(seen.since(begun)) > 2, "a new picture", 60)
    return seen.since(begun)[0].received - begun


async def _settled(service: IngressService, viewer: RoomViewer) -> Footprint:
    """What the service holds while nothing happens."""
    for seen in viewer.seen.values():
        del seen.frames[:-100]  # or this process grows
    await asyncio.sleep(1.0)
    return service.footprint()
