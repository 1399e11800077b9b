"""The whole booth, but for LiveKit and the engine, on virtual time."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from itertools import pairwise
from pathlib import Path

import pytest
from livekit.plugins.pressbox.commentator import Line

from agent.picture.source_health import LAST_PICTURES
from tests.support.fake_rtc import FakeRtc
from tests.support.virtual_time import run_virtual, virtual
from tests.unit.commentator.scripted_client import NEVER, Say, ScriptedClient

from .booth_stage import BoothStage, Killer, StagedBooth, booth_stage


@virtual
async def test_lines_are_heard_on_their_pictures_one_at_a_time(
    staged_booth: StagedBooth,
) -> None:
    async with staged_booth() as on:
        await on.until(lambda: len(on.in_state("ended")) >= 20)
        for started, line, state in on.states:
            if state == "playing":
                shown = on.booth.clock.display_time(line.anchor)
                assert -0.06 <= started - shown <= 0.04, line
        spans = [(line.started_at or 0.0, line.ended_at or 0.0) for line in on.in_state("ended")]
        assert all(end <= start for (_, end), (start, _) in pairwise(spans))
        phases = [(line["id"], line["phase"]) for line in on.lines]
        assert phases[:2] == [(on.lines[0]["id"], "start"), (on.lines[0]["id"], "end")]
        assert on.status["engine"] == "up"


@virtual
async def test_the_delay_is_right_before_a_picture_is_seen(
    staged_booth: StagedBooth,
) -> None:
    async with staged_booth() as on:
        await on.until(lambda: bool(on.rtc.video_sources))
        first = on.booth.clock.delay(time.monotonic())
        assert first == pytest.approx(0.3 * 1.5 + 0.3, abs=0.3), "not the 3 s of the setting"
        await on.until(lambda: len(on.in_state("ended")) >= 10)
        assert on.booth.clock.delay(time.monotonic()) == pytest.approx(first, abs=0.25)
    restarted = staged_booth(ScriptedClient(answer=lambda _: NEVER))
    async with restarted as on:
        assert on.booth.clock.delay(time.monotonic()) == pytest.approx(first, abs=0.25)


@virtual
async def test_a_question_silences_what_is_heard_and_is_answered(staged_booth: StagedBooth) -> None:
    client = ScriptedClient(answer=lambda _: Say("one two three four five six", seconds=6.0))
    async with staged_booth(client) as on:
        await on.until(lambda: bool(on.in_state("playing")))
        heard = on.in_state("playing")[0]
        await asyncio.sleep(1.0)
        asked = time.monotonic()
        on.ask("What is it?")
        await on.until(lambda: any(line.kind == "answer" for line in on.in_state("playing")))
        assert heard.reason == "interrupted"
        assert heard.said in ("one", "one two")
        answer = next(line for line in on.in_state("playing") if line.kind == "answer")
        assert answer.question == "What is it?"
        assert (answer.started_at or 0.0) - asked < 1.0
        assert on.booth.status.agent_state == "speaking"


@virtual
async def test_a_camera_that_is_away_is_not_spoken_of(
    staged_booth: StagedBooth,
) -> None:
    async with staged_booth(delay=4.0, fps=10.0) as on:
        await on.until(lambda: len(on.in_state("ended")) >= 2)
        on.track.mute(True)
        on.filming, gone = False, time.monotonic()
        await asyncio.sleep(30.0)
        late = [line for at, line, state in on.states if state == "playing" and at > gone + 4.5]
        assert late == []
        assert on.status["lost"]
        on.ask("What do you see?")
        await on.until(lambda: on.client.requests[-1].kind == "answer")
        assert LAST_PICTURES in str(on.client.requests[-1].messages[0]["content"])
        on.track.mute(False)
        on.filming, back = True, time.monotonic()
        await on.until(lambda: any(at > back and s == "playing" for at, _, s in on.states))
        anchors = [line.anchor for at, line, s in on.states if at > back + 5 and s == "playing"]
        assert all(anchor > back for anchor in anchors)


@virtual
async def test_an_engine_that_comes_and_goes(staged_booth: StagedBooth) -> None:
    client = ScriptedClient(down=True)
    async with staged_booth(client) as on:
        await on.until(lambda: on.status["error"] == "no connection to the engine")
        client.down = False
        await on.until(lambda: bool(on.in_state("ended")))
        assert on.status["error"] == ""
        client.down = True
        await on.until(lambda: on.status["engine"] == "down")
        pictures = len(on.rtc.video_sources[0].sent)
        await asyncio.sleep(10.0)
        assert len(on.rtc.video_sources[0].sent) > pictures + 40
        client.down, back = False, time.monotonic()
        await on.until(lambda: any(at > back and s == "playing" for at, _, s in on.states))


def names_of_tasks(tmp_path: Path) -> list[str]:
    """Of a booth at work."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        killer = Killer(monkeypatch)

        async def look() -> None:
            async with booth_stage(FakeRtc(monkeypatch), monkeypatch, tmp_path) as on:
                await on.until(lambda: bool(on.in_state("playing")))

        run_virtual(look())
    return sorted(set(killer.names))


def test_each_task_may_die(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    names = names_of_tasks(tmp_path)
    assert len(names) >= 12

    async def lives_on(on: BoothStage, killer: Killer, name: str) -> None:
        await on.until(lambda: len(on.in_state("ended")) >= 2)
        killer.kill(name)
        await on.until(lambda: f"{name} failed (RuntimeError)" in on.status["error"])
        dead = time.monotonic()
        await on.until(lambda: any(at > dead + 5 and s == "ended" for at, _, s in on.states))
        sent = [sent for source in on.rtc.video_sources for sent in source.sent]
        assert any(one.seen and one.time > dead + 5 for one in sent), name
        on.ask("Do you live?")
        await on.until(lambda: any(line.kind == "answer" for line in on.in_state("ended")))
        assert [line for line in on.lines if line["kind"] == "answer"], name

    for name in names:
        caplog.clear()
        with pytest.MonkeyPatch.context() as monkeypatch:
            killer, rtc = Killer(monkeypatch), FakeRtc(monkeypatch)

            async def kill(rtc: FakeRtc = rtc, killer: Killer = killer, name: str = name) -> None:
                folder = tmp_path / name.replace(" ", "_")
                async with booth_stage(rtc, monkeypatch, folder) as on:
                    await lives_on(on, killer, name)

            run_virtual(kill())
        assert "killed by the test" in caplog.text, f"no traceback of {name}"


@pytest.mark.timeout(300)
def test_hundreds_of_lines_in_a_booth_leave_nothing(
    staged_booth: StagedBooth, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)

    def alive() -> list[object]:
        gc.collect()
        return gc.get_objects()

    def lines() -> int:
        return sum(type(one) is Line for one in alive())

    of_others = lines()  # such as of a test that failed before

    async def going() -> None:
        client = ScriptedClient(answer=lambda _: Say(ready=0.05, seconds=0.2), keeps=False)
        count = 0

        def ended(line: Line) -> None:
            nonlocal count
            count += line.state == "ended"

        stage = staged_booth(client, fps=1.0, keeps=False, tts_pause_after=0.0)
        async with stage as on:
            on.booth.commentator.lines.listen(ended)
            forget = on.forget_what_the_fakes_keep
            await on.until(lambda: count >= 100, within=1e6)
            forget()
            before = len(alive())
            await on.until(lambda: count >= 700, within=1e6)
            forget()
            assert lines() - of_others < 10
            assert len(alive()) - before < 60, "an object in ten lines would be a leak"

    run_virtual(going())
