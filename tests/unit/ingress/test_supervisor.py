"""A supervisor with real reader processes that follow scripts, and a sink that writes down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from config.settings import load_settings
from config.source_spec import source_spec
from ingress import reading, watchdog
from ingress.backoff import Backoff
from ingress.reader.messages import Order, Request, Sound, Unit
from ingress.reader.process import ReaderProcess
from ingress.report import SourceReport
from ingress.sink import Trouble
from ingress.supervisor import Supervisor
from tests.support.scripted_reader import Script, start_scripted

LIMIT = 30.0
Step = dict[str, Any]
OPEN: Step = {"do": "open"}
HANG: Step = {"do": "hang"}
STUBBORN: Step = {"do": "hang", "stubborn": True}
RUNNING: Step = {"do": "pictures", "count": 100_000}


def pictures(count: int, **more: Any) -> Step:
    return {"do": "pictures", "count": count, **more}


def fail(kind: str, text: str = "scripted") -> Step:
    return {"do": "fail", "kind": kind, "text": text}


class WritingSink:
    """A `Sink` that writes down what it is given and wishes what the test says."""

    def __init__(self) -> None:
        self.trouble: Trouble | None = None
        self.skipped = 0
        self.sound_late = 0.0
        self.units: list[Unit] = []
        self.model_units: list[Unit] = []
        self.sounds: list[Sound] = []
        self.reports: list[SourceReport] = []
        self.wish = Order()
        self.happened: list[str] = []

    def start(self) -> None:
        self.happened.append("start")

    def show(self, unit: Unit) -> None:
        self.units.append(unit)

    def show_model(self, unit: Unit) -> None:
        self.model_units.append(unit)

    async def play(self, sound: Sound) -> None:
        self.sounds.append(sound)

    def report(self, report: SourceReport) -> None:
        self.reports.append(report)

    def wishes(self) -> Order:
        wish, self.wish = self.wish, Order()
        return wish

    def model_wishes(self) -> Order:
        return Order()

    def wake(self) -> None:
        self.happened.append("wake")  # the room takes its time: `trouble` stays

    async def aclose(self) -> None:
        self.happened.append("close")


class Stage:
    """One supervised source; made by `staged`."""

    def __init__(self, script: Script, folder: Path, **more: Any) -> None:
        self.script = script
        self.sink = WritingSink()
        self.pids: list[int] = []
        spec = source_spec({"name": "gate", "url": script.url, "room": "lobby", **more})
        settings = load_settings(cli={"source_networks": "10.0.0.0/8"}, env={}, directory=folder)
        self.source = Supervisor(spec, settings, self.sink, guarded=True, start_reader=self._start)
        self._news = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    async def _start(self, request: Request) -> ReaderProcess:
        reader = await start_scripted(request)
        self.pids.append(reader.pid)
        return reader

    @property
    def states(self) -> list[str]:
        """All states so far, without repetitions."""
        states = [report.state for report in self.sink.reports]
        return [state for i, state in enumerate(states) if i == 0 or state != states[i - 1]]

    @property
    def errors(self) -> list[str]:
        return [report.error for report in self.sink.reports if report.error]

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(LIMIT):
            while not true():
                await asyncio.sleep(0.01)

    async def until_state(self, *states: str) -> None:
        await self.until(lambda: self.states[-len(states) :] == list(states))


def running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


@asynccontextmanager
async def staged(folder: Path, *attempts: list[Step], **more: Any) -> AsyncIterator[Stage]:
    stage = Stage(Script(folder / "script.json", *attempts), folder, **more)
    stage.source.start()
    try:
        yield stage
    finally:
        await stage.source.aclose()
        assert stage.sink.happened[-1] == "close"
        assert not [pid for pid in stage.pids if running(pid)]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits that are long enough to be seen, and no longer."""
    monkeypatch.setattr(watchdog, "FIRST_PICTURE", 2.0)
    monkeypatch.setattr(watchdog, "DEAD_AFTER", 1.5)
    monkeypatch.setattr(watchdog, "DEAD_BEHIND_STALL", 1.0)
    monkeypatch.setattr(
        reading,
        "Backoff",
        lambda: Backoff(first=0.05, longest=0.2, auth_first=0.5, factor=lambda: 1.0),
    )


async def test_pictures_and_sound_reach_the_sink_and_it_is_live(tmp_path: Path) -> None:
    sound = {"do": "sound", "count": 5}
    steps = [{**OPEN, "sound": "aac"}, pictures(10), sound, RUNNING]
    async with staged(tmp_path, steps, stall_after=1) as stage:
        await stage.until(lambda: len(stage.sink.units) > 40 and len(stage.sink.sounds) == 5)
        report = stage.source.report()
    assert stage.states == ["connecting", "live", "stopped"]
    assert (report.name, report.room, report.url) == ("gate", "lobby", "script.json")
    assert (report.codec, report.sound, report.way, report.why) == (
        *("h264", "aac"),
        *("passthrough", "scripted"),
    )
    assert (report.width, report.height, report.reconnects, report.error) == (320, 180, 0, "")
    assert report.frames == len(stage.sink.units)
    assert report.byte_count == 500 * report.frames
    assert 20 < report.fps < 60
    assert stage.source.report().state == "stopped"


async def test_the_request_says_everything(tmp_path: Path) -> None:
    more = {"mode": "transcode", "transport": "udp", "sound": False, "loop": False, "start": 3.0}
    async with staged(tmp_path, [OPEN, RUNNING], **more) as stage:
        await stage.until_state("connecting", "live")
        asked = stage.script.asked[0]
    assert asked["url"] == stage.script.url
    assert {name: asked[name] for name in more} == more
    assert (asked["guarded"], asked["networks"], asked["output"]) == (
        *(True, ["10.0.0.0/8"]),
        "encoded",
    )


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
        report = stage.source.report()
    assert (report.reconnects, report.error) == (1, "")
    assert text in stage.errors[0]


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        ([STUBBORN], "no answer within"),
        ([OPEN, STUBBORN], "it answers, but no picture comes within"),
        ([OPEN, {"do": "unfinished"}, HANG], "it answers, but no picture comes within"),
    ],
)
async def test_who_says_nothing_at_first_is_killed(
    tmp_path: Path, steps: list[Step], text: str
) -> None:
    async with staged(tmp_path, steps, [OPEN, RUNNING]) as stage:
        await stage.until_state("connecting", "live")
    assert text in stage.errors[0]


async def test_who_hangs_after_pictures_stalls_is_killed_and_comes_back(tmp_path: Path) -> None:
    attempts = ([OPEN, pictures(10), STUBBORN], [OPEN, RUNNING])
    async with staged(tmp_path, *attempts, stall_after=0.5) as stage:
        await stage.until_state("connecting", "live", "stalled", "reconnecting", "live")
    assert all(error.startswith("no picture for") for error in stage.errors)


async def test_a_stall_that_passes_needs_no_new_reader(tmp_path: Path) -> None:
    pause = pictures(1, fps=0.8)
    steps = [OPEN, pictures(20), pause, RUNNING]
    async with staged(tmp_path, steps, stall_after=0.5) as stage:
        await stage.until_state("connecting", "live", "stalled", "live")
        assert stage.script.attempts == 1
        assert stage.source.report().reconnects == 0


async def test_a_flood_is_survived(tmp_path: Path) -> None:
    flood = {"do": "flood", "count": 20_000}
    async with staged(tmp_path, [OPEN, pictures(5), flood, RUNNING]) as stage:
        await stage.until(lambda: len(stage.sink.units) > 20)
        assert stage.source.report().skipped == 1
        assert stage.states == ["connecting", "live"]


async def test_wake_tries_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "Backoff", lambda: Backoff(auth_first=3600.0))
    async with staged(tmp_path, [fail("auth", "no")], [OPEN, RUNNING]) as stage:
        await stage.until_state("connecting", "failed")
        stage.source.wake()
        await stage.until_state("failed", "live")
    assert "wake" in stage.sink.happened


async def test_who_was_removed_and_woken_comes_back_after_every_outage(tmp_path: Path) -> None:
    async with staged(tmp_path, [OPEN, RUNNING], *([[OPEN, pictures(5)]] * 3)) as stage:
        await stage.until_state("live")
        stage.sink.trouble = Trouble("removed", "it was removed from the room")
        await stage.until_state("stopped")
        stage.source.wake()
        await stage.until(lambda: len(stage.pids) > 2)
        stage.sink.trouble = None
        await stage.until(lambda: len(stage.pids) > 4)


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
    async with staged(tmp_path, [OPEN, RUNNING], [OPEN, RUNNING]) as stage:
        await stage.until_state("live")
        works = getattr(stage.sink, method)

        def broken(*_: object) -> None:
            setattr(stage.sink, method, works)
            raise AssertionError

        setattr(stage.sink, method, broken)
        await stage.until(lambda: told in stage.errors)
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
        await stage.until(lambda: stage.source.report().skipped == 1)
        assert stage.source.report().encoder == runs_at
        stage.sink.wish = Order(key=True, bitrate=2_500_000)
        await stage.until(lambda: len(stage.script.asked) == 2)
        assert stage.script.asked[1] == {"said": "Order", "key": True, "bitrate": ordered}


async def test_notes_are_reported(tmp_path: Path) -> None:
    note = {"do": "note", "way": "transcoded", "why": "B-frames", "skipped": 4}
    frozen = {"do": "note", "frozen_now": True, "skipped": 4}
    async with staged(tmp_path, [OPEN, pictures(3), note, frozen, RUNNING]) as stage:
        await stage.until(lambda: stage.source.report().frozen > 0)
        report = stage.source.report()
    assert (report.way, report.why, report.skipped) == ("transcoded", "B-frames", 4)
    assert report.since <= report.frozen


async def test_a_file_that_is_over_stops_until_it_is_woken(tmp_path: Path) -> None:
    steps = [OPEN, pictures(5), fail("ended", "over")]
    async with staged(tmp_path, steps, loop=False) as stage:
        await stage.until_state("connecting", "live", "stopped")
        assert stage.source.report().error == "the file is over"
        assert stage.script.attempts == 1
        stage.source.wake()
        await stage.until_state("live", "stopped")
        await stage.until(lambda: stage.script.attempts == 2)


async def test_a_file_that_loops_is_read_again(tmp_path: Path) -> None:
    async with staged(tmp_path, [OPEN, pictures(5), fail("ended", "over")]) as stage:
        await stage.until(lambda: stage.script.attempts > 2)


async def test_listeners_hear_every_change(tmp_path: Path) -> None:
    heard: list[SourceReport] = []
    stage = Stage(Script(tmp_path / "script.json", [OPEN, RUNNING]), tmp_path)
    stage.source.add_listener(heard.append)
    stage.source.start()
    await stage.until(lambda: bool(heard) and heard[-1].state == "live")
    await stage.source.aclose()
    await stage.source.aclose()
    assert heard == stage.sink.reports
    assert heard[-1].state == "stopped"


async def test_a_second_stream_feeds_the_model(tmp_path: Path) -> None:
    small = Script(tmp_path / "small.json", [fail("refused", "not yet")], [OPEN, RUNNING])
    async with staged(tmp_path, [OPEN, RUNNING], model_url=small.url) as stage:
        await stage.until(lambda: bool(stage.sink.model_units))
        await stage.until(lambda: bool(stage.sink.units) and not stage.source.report().error)
        assert small.asked[0]["sound"] is False
        assert small.asked[0]["guarded"] is True
    assert "the stream for the model: not yet" in stage.errors


async def test_a_reader_that_cannot_be_started_is_tried_again(tmp_path: Path) -> None:
    tries = 0

    async def start(request: Request) -> ReaderProcess:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise OSError(24, "Too many open files")
        return await start_scripted(request)

    stage = Stage(Script(tmp_path / "script.json", [OPEN, RUNNING]), tmp_path)
    settings = load_settings(cli={}, env={}, directory=tmp_path)
    spec = source_spec({"name": "gate", "url": stage.script.url})
    source = Supervisor(spec, settings, stage.sink, start_reader=start)
    source.start()
    await stage.until_state("connecting", "live")
    await source.aclose()
    assert stage.errors[0] == "no reader can be started: Too many open files"
