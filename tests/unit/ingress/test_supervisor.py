"""A supervisor with real reader processes that follow scripts, and a test that takes what comes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ingress import supervisor, watchdog
from ingress.backoff import Backoff
from ingress.reader.messages import Order, Request, Sound, Unit
from ingress.reader.process import ReaderProcess
from ingress.report import SourceReport
from ingress.supervisor import Supervisor
from tests.support.procfs import is_there
from tests.support.scripted_reader import Script, start_scripted
from tests.support.until import until
from tests.unit.ingress import steps
from tests.unit.ingress.steps import HANG, OPEN, RUNNING, STUBBORN, Step, fail, pictures

BASE = SourceReport("gate", "lobby", "script.json", "relay")


class Stage:
    """One supervised address and all that came of it."""

    def __init__(self, script: Script, **more: Any) -> None:
        self.script = script
        self.pids: list[int] = []
        self.units: list[Unit] = []
        self.sounds: list[Sound] = []
        self.reports: list[SourceReport] = []
        self.wish = Order()
        self.broken: set[str] = set()
        self.refusals = 0
        """So often a reader cannot be started."""
        self.supervisor = Supervisor(
            Request(script.url),
            changed=lambda: self.reports.append(self.report),
            show=self._show,
            play=self.sounds.append,
            wishes=self._wishes,
            start_reader=self._start,
            **{"stall_after": 3.0, **more},
        )

    async def _start(self, request: Request) -> ReaderProcess:
        if self.refusals:
            self.refusals -= 1
            raise OSError(24, "Too many open files")
        reader = await start_scripted(request)
        self.pids.append(reader.pid)
        return reader

    def _show(self, unit: Unit) -> None:
        self._break("show")
        self.units.append(unit)

    def _wishes(self) -> Order:
        self._break("wishes")
        wish, self.wish = self.wish, Order()
        return wish

    def _break(self, what: str) -> None:
        if what in self.broken:
            self.broken.discard(what)
            raise AssertionError

    @property
    def report(self) -> SourceReport:
        return self.supervisor.report(BASE)

    @property
    def states(self) -> list[str]:
        return steps.states(self.reports)

    @property
    def errors(self) -> list[str]:
        return [report.error for report in self.reports if report.error]

    async def until_state(self, *states: str) -> None:
        await until(lambda: self.states[-len(states) :] == list(states))


@asynccontextmanager
async def staged(
    folder: Path, *attempts: list[Step], refusals: int = 0, **more: Any
) -> AsyncIterator[Stage]:
    stage = Stage(Script(folder / "script.json", *attempts), **more)
    stage.refusals = refusals
    stage.supervisor.start("gate")
    try:
        yield stage
    finally:
        await stage.supervisor.aclose()
        await stage.supervisor.aclose()
        assert not [pid for pid in stage.pids if is_there(pid)]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits that are long enough to be seen, and no longer."""
    monkeypatch.setattr(watchdog, "FIRST_PICTURE", 2.0)
    monkeypatch.setattr(watchdog, "DEAD_AFTER", 1.5)
    monkeypatch.setattr(watchdog, "DEAD_BEHIND_STALL", 1.0)
    monkeypatch.setattr(
        supervisor,
        "Backoff",
        lambda: Backoff(first=0.05, longest=0.2, auth_first=0.5, factor=lambda: 1.0),
    )


async def test_pictures_and_sound_come_and_it_is_live(tmp_path: Path) -> None:
    attempt = [{**OPEN, "sound": "aac"}, pictures(10), {"do": "sound", "count": 5}, RUNNING]
    async with staged(tmp_path, attempt, stall_after=1) as stage:
        await until(lambda: len(stage.units) > 40 and len(stage.sounds) == 5)
        report = stage.report
    assert stage.states == ["connecting", "live"]
    assert (report.name, report.room, report.url) == ("gate", "lobby", "script.json")
    assert (report.codec, report.sound, report.way, report.why) == (
        *("h264", "aac"),
        *("passthrough", "scripted"),
    )
    assert (report.width, report.height, report.reconnects, report.error) == (320, 180, 0, "")
    assert report.frames == len(stage.units)
    assert report.byte_count == 500 * report.frames
    assert 20 < report.fps < 60
    assert stage.report.state == "stopped"


@pytest.mark.parametrize(
    ("ending", "text"),
    [
        ([fail("ended", "closed by the camera")], "closed by the camera"),
        ([{"do": "exit", "status": 3}], "the reader ended (status 3)"),
        ([{"do": "die"}], "the reader ended (SIGSEGV)"),
        ([{"do": "garbage"}, STUBBORN], "the reader says a message of"),
    ],
)
async def test_after_any_end_the_picture_comes_back(
    tmp_path: Path, ending: list[Step], text: str
) -> None:
    async with staged(tmp_path, [OPEN, pictures(5), *ending], [OPEN, RUNNING]) as stage:
        await stage.until_state("connecting", "live", "reconnecting", "live")
        assert (stage.report.reconnects, stage.report.error) == (1, "")
    assert text in stage.errors[0]


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        ([STUBBORN], "no answer within"),
        ([OPEN, STUBBORN], "it answers, but no picture comes within"),
        ([OPEN, {"do": "unfinished"}, HANG], "it answers, but no picture comes within"),
    ],
)
async def test_who_says_nothing_at_first_is_killed(
    tmp_path: Path, attempt: list[Step], text: str
) -> None:
    async with staged(tmp_path, attempt, [OPEN, RUNNING]) as stage:
        await stage.until_state("connecting", "live")
    assert text in stage.errors[0]


async def test_who_hangs_after_pictures_stalls_is_killed_and_comes_back(tmp_path: Path) -> None:
    attempts = ([OPEN, pictures(10), STUBBORN], [OPEN, RUNNING])
    async with staged(tmp_path, *attempts, stall_after=0.5) as stage:
        await stage.until_state("connecting", "live", "stalled", "reconnecting", "live")
    assert all(error.startswith("no picture for") for error in stage.errors)


async def test_wake_tries_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "Backoff", lambda: Backoff(auth_first=3600.0))
    async with staged(tmp_path, [fail("auth", "no")], [OPEN, RUNNING]) as stage:
        await stage.until_state("connecting", "failed")
        stage.supervisor.wake()
        await stage.until_state("failed", "live")


@pytest.mark.parametrize(
    ("method", "told"),
    [
        ("show", "reading failed (AssertionError)"),
        ("wishes", "the watchdog failed (AssertionError)"),
    ],
)
async def test_the_unforeseen_is_told_and_the_picture_comes_back(
    tmp_path: Path, method: str, told: str
) -> None:
    async with staged(tmp_path, [OPEN, RUNNING]) as stage:
        await stage.until_state("live")
        stage.broken = {method}
        await until(lambda: told in stage.errors)
        await stage.until_state("live")


@pytest.mark.parametrize(
    ("runs_at", "ordered"), [(150_000, 2_500_000), (2_100_000, 0), (0, 0)], ids=str
)
async def test_the_reader_is_ordered_what_is_wished_unless_it_does_about_that(
    tmp_path: Path, runs_at: int, ordered: int
) -> None:
    """However it came to run at that: nobody has to know what was ordered before."""
    note = {"do": "note", "bitrate": runs_at, "skipped": 1}
    async with staged(tmp_path, [OPEN, pictures(3), note, RUNNING]) as stage:
        await until(lambda: stage.report.skipped == 1)
        assert stage.report.encoder == runs_at
        stage.wish = Order(key=True, bitrate=2_500_000)
        await until(lambda: len(stage.script.asked) == 2)
        assert stage.script.asked[1] == {"said": "Order", "key": True, "bitrate": ordered}


@pytest.mark.parametrize(("sound", "told"), [("refused", "refuses"), ("aac", "no sound"), ("", "")])
async def test_sound_that_fails_is_told_and_costs_no_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sound: str, told: str
) -> None:
    monkeypatch.setattr(supervisor, "SILENT", 0.5)
    attempt = [{**OPEN, "sound": sound}, pictures(60), {"do": "sound", "count": 5}, RUNNING]
    async with staged(tmp_path, attempt) as stage:
        await until(lambda: len(stage.units) > 40)
        assert stage.report.state == "live"
        assert told in stage.report.error
        assert bool(told) == bool(stage.report.error)
        await until(lambda: stage.sounds)
        assert sound == "refused" or not stage.report.error


async def test_a_file_that_is_over_stops_until_it_is_woken(tmp_path: Path) -> None:
    attempt = [OPEN, pictures(5), fail("ended", "over")]
    async with staged(tmp_path, attempt, ends=True) as stage:
        await stage.until_state("connecting", "live", "stopped")
        assert stage.report.error == "the file is over"
        assert stage.script.attempts == 1
        stage.supervisor.wake()
        await stage.until_state("live", "stopped")
        await until(lambda: stage.script.attempts == 2)


async def test_a_reader_that_cannot_be_started_is_tried_again(tmp_path: Path) -> None:
    async with staged(tmp_path, [OPEN, RUNNING], refusals=2) as stage:
        await stage.until_state("connecting", "live")
    assert stage.errors[0] == "no reader can be started: Too many open files"
