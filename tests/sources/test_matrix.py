"""Every kind of source, from real peers, through the real service into a real room."""

from __future__ import annotations

import contextlib
import math
from pathlib import Path

import pytest

from tests.sources.cases import Case, groups
from tests.sources.conftest import FULL, Row, Table
from tests.sources.room_viewer import RoomViewer, Seen
from tests.sources.service import IngressService, Report
from tests.sources.stage import Stage
from tests.sources.watched import watched
from tests.support.livekit_server import LiveKitServer

ENOUGH = 30
"""Pictures after which a source is judged."""

TOGETHER = 7
"""Sources at the same time, for two cores."""

LIMIT = 45.0

SYNC = 0.35
"""Seconds that sound may be off: the timestamps of some servers are, and viewers on busy machines.
"""


@pytest.mark.parametrize("cases", groups(FULL, TOGETHER), ids=lambda some: some[0].name)
@pytest.mark.timeout(180)
async def test_every_source_is_seen_and_heard_in_the_room(
    livekit_server: LiveKitServer, tmp_path: Path, table: Table, cases: tuple[Case, ...]
) -> None:
    stage = Stage(tmp_path / "stage")
    urls = {case.name: case.make(stage) for case in cases}
    async with stage, watched(livekit_server, stage.folder) as (service, viewer):
        for case in cases:
            await service.add(case.name, urls[case.name], transport=case.transport)
        wrong = await _watch(service, viewer, cases, table)
        assert not wrong, "\n".join([*wrong, stage.logs, service.log[-1500:]])


async def _watch(
    service: IngressService, viewer: RoomViewer, cases: tuple[Case, ...], table: Table
) -> list[str]:
    """Waits for all of them; what is wrong with any, one line each."""

    def complete(case: Case) -> bool:
        seen = viewer.of(case.name)
        pictures = seen.clocked if case.clock else seen.frames
        if case.age and not seen.age() < case.age:
            return False
        heard = len(seen.bursts) >= 3 and (not case.clock or abs(seen.sync()) < SYNC)
        return len(pictures) >= ENOUGH and (not case.sound or heard)

    with contextlib.suppress(AssertionError):  # said below, for each by itself
        await viewer.until(lambda: all(map(complete, cases)), "everything", LIMIT)
    reports = await service.reports()
    wrong = []
    for case in cases:
        seen, report = viewer.of(case.name), reports[case.name]
        said = "" if not complete(case) else _wrong(case, seen, report, service)
        if not complete(case):
            counts = f"{len(seen.clocked)} of {len(seen.frames)} pictures"
            said = f"{counts}, {len(seen.bursts)} beeps, {seen.age():.1f} s old"
        table.append(_row(case, seen, report, said))
        if said:
            shown = {name: report[name] for name in ("state", "error", "codec", "way", "why")}
            wrong.append(f"{case.name}: {said}; {shown}; {service.states(case.name)}")
    return wrong


def _wrong(case: Case, seen: Seen, report: Report, service: IngressService) -> str:
    last = seen.frames[-1]
    if (last.width, last.height) != case.size:
        return f"{last.width}x{last.height} instead of {case.size}"
    if case.clock and not case.age and not 0.7 < seen.pace() < 1.4:
        return f"it runs at {seen.pace():.2f} times its speed"
    if report["state"] != "live":
        return "not live"
    if case.codec and report["codec"] != case.codec:
        return f"codec {report['codec']} instead of {case.codec}"
    if case.way and report["way"] != case.way:
        return f"{report['way']} instead of {case.way}"
    # LiveKit at times joins without letting media through; then the relay joins anew.
    again = service.log.count(f"{case.name}: pictures do not get through")
    return "" if len(seen.sids) <= 1 + again else f"it was {len(seen.sids)} participants"


def _row(case: Case, seen: Seen, report: Report, wrong: str) -> Row:
    age, sync = seen.age(), seen.sync()
    live = bool(case.age) and not math.isnan(age)
    size = f"{seen.frames[-1].width}x{seen.frames[-1].height}" if seen.frames else ""
    heard = f"{case.sound}, {sync * 1000:+.0f} ms" if live and not math.isnan(sync) else case.sound
    return Row(
        source=case.name,
        peer=case.peer,
        result=wrong or "works",
        way=str(report["way"]),
        why=str(report["why"]),
        size=size,
        age=f"{age * 1000:.0f} ms" if live else "",
        sound=heard if seen.bursts else "",
    )
