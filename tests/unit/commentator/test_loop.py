"""Commentary: the loop with a real engine connection and a scripted pacer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

from agent.commentator.line import Line
from agent.commentator.options import Options
from agent.commentator.prompt import FIRST_LOOK, LITTLE_CHANGE
from tests.support.gated_engine import hang, raw, refuse, say, scripted_engine, tone
from tests.support.ports import free_port

from .pictures import i420
from .stage import ScriptedPacer, stage


def texts(lines: Sequence[Line]) -> list[str]:
    return [line.text for line in lines]


def instruction(request: dict[str, Any]) -> str:
    return str(request["messages"][-1]["content"][-1]["text"])


async def test_lines_come_out_in_order_one_request_at_a_time() -> None:
    async with stage(*(say(f"Line {n}.") for n in range(5))) as on:
        await on.until(lambda: len(on.heard) >= 5)
        assert texts(on.heard[:5]) == [f"Line {n}." for n in range(5)]
        assert on.engine.most_in_flight == 1


async def test_the_next_line_is_made_while_one_waits_and_then_no_further() -> None:
    pacer = ScriptedPacer()
    pacer.starts.clear()
    async with stage(pacer=pacer) as on:
        await on.until(lambda: len(on.complete) == 2)
        await asyncio.sleep(0.05)
        assert len(on.engine.requests) == 2
        assert [line.state for line in on.commentator.lines] == ["waiting", "ready"]
        pacer.starts.set()
        await on.until(lambda: len(on.heard) >= 3)
        assert texts(on.heard[:3]) == ["Line 1.", "Line 2.", "Line 3."]


async def test_a_line_starts_to_be_heard_before_it_is_complete() -> None:
    rest = asyncio.Event()
    async with stage(say("Long.", seconds=2.0, rest=rest)) as on:
        await on.until(lambda: len(on.heard) == 1)
        line = on.heard[0]
        assert line.duration is None
        rest.set()
        await on.over(line)
        assert line.duration == pytest.approx(2.0)
        assert on.seconds[line.id] == pytest.approx(2.0)


async def test_the_anchor_is_the_first_real_frame_from_the_time_asked_for() -> None:
    pacer = ScriptedPacer(not_before=100.0)
    async with stage(pacer=pacer, filming=False) as on:
        for time in (97.0, 98.0, 99.0, 99.9):
            on.commentator.push(i420(), time)
            await asyncio.sleep(0.02)
        assert on.engine.requests == []
        on.commentator.push(i420(), 100.03)
        pacer.anchors.clear()
        await on.until(lambda: len(on.heard) == 1)
        assert on.heard[0].anchor == 100.03
        times = on.engine.requests[0]["pressbox"]["frame_times"]
        assert times[-1] == 0.0
        assert len(on.engine.requests[0]["messages"][-1]["content"]) == len(times) + 1
        assert times == sorted(times)


async def test_the_pacer_thins_the_window() -> None:
    async with stage(pacer=ScriptedPacer(frames=1)) as on:
        await on.engine.wait_requests(3)
        assert all(len(r["pressbox"]["frame_times"]) == 1 for r in on.engine.requests)


async def test_the_model_hears_what_was_said_and_how_much_changed() -> None:
    async with stage(say("A ball."), say("It stops.")) as on:
        on.commentator.persona = "You are terse."
        await on.until(lambda: len(on.heard) >= 2)
        await on.engine.wait_requests(4)
        fourth = on.engine.requests[3]["messages"]
        assert fourth[0]["content"] == "You are terse."
        assert fourth[1]["content"].startswith("A ball.\nIt stops.\n")
        assert instruction(on.engine.requests[3]).startswith(LITTLE_CHANGE)


async def test_a_line_that_was_never_said_is_not_the_last_one() -> None:
    pacer = ScriptedPacer(late=True)
    async with stage(pacer=pacer) as on:
        await on.until(lambda: len(on.dropped) >= 6)
        assert all(instruction(one).startswith(FIRST_LOOK) for one in on.engine.requests[:6])
        pacer.late = False
        await on.until(lambda: len(on.heard) >= 1)
        count = len(on.engine.requests)
        await on.engine.wait_requests(count + 1)
        assert instruction(on.engine.requests[count]).startswith(LITTLE_CHANGE)


@pytest.mark.parametrize(
    ("text", "sound"), [("", b""), ("...", b""), ("...", tone(0.3)), (" . ", tone(0.3))]
)
async def test_nothing_to_say_is_dropped_in_silence(text: str, sound: bytes) -> None:
    async with stage(say(text, sound=sound), say("Now.")) as on:
        await on.until(lambda: len(on.heard) == 1)
        assert on.heard[0].text == "Now."
        assert [(kind, reason) for kind, _, reason in on.dropped] == [("commentary", "empty")]
        assert on.states[-1].up


async def test_sound_without_a_text_is_a_line() -> None:
    async with stage(say("", seconds=0.2)) as on:
        await on.until(lambda: len(on.heard) == 1)
        assert on.heard[0].audio_seconds == pytest.approx(0.2)


async def test_text_only_engines_and_text_only_options() -> None:
    async with stage(say("Only text.", sound=b""), tts="engine") as on:
        await on.until(lambda: len(on.heard) == 1)
        assert on.heard[0].text_only
    silent = Options(inference_interval=0.0, enable_tts=False)
    async with stage(say("Silent."), options=silent) as on:
        await on.until(lambda: len(on.heard) == 1)
        assert on.engine.requests[0]["modalities"] == ["text"]
        assert (on.heard[0].text, on.heard[0].audio_seconds) == ("Silent.", 0.0)


async def test_what_the_pacer_refuses_is_dropped_as_late_and_its_request_cancelled() -> None:
    rest = asyncio.Event()
    pacer = ScriptedPacer(late=True)
    async with stage(say("Too late.", rest=rest), pacer=pacer) as on:
        await on.until(lambda: bool(on.dropped))
        assert on.dropped[0] == ("commentary", "Too late.", "late")
        pacer.late = False
        await on.until(lambda: len(on.heard) == 1)
        assert on.engine.cancelled == 1


async def test_a_hanging_engine_costs_lines_until_the_deadline_and_then_counts_as_down() -> None:
    pacer = ScriptedPacer(patience=0.15)
    async with stage(hang(), hang(), hang(), pacer=pacer) as on:
        await on.until(lambda: len(on.heard) == 1)
        assert [reason for _, _, reason in on.dropped] == ["late"] * 3
        assert [state.up for state in on.states] == [True, False, True]
        assert "in time" in on.states[1].reason


async def test_the_engine_dies_in_the_midst_of_a_line() -> None:
    async with stage(say("Half a line.", seconds=1.0, end=False), say("Whole.")) as on:
        await on.until(lambda: len(on.heard) == 2)
        half, whole = on.heard
        assert "engine" in half.error
        assert 0 < (half.duration or 0) <= 1.0
        assert on.seconds[half.id] == pytest.approx(half.duration)
        assert whole.text == "Whole."
        assert [state.up for state in on.states] == [True, False, True]
        assert len(on.failures) == 1
        assert on.dropped == []


@pytest.mark.parametrize(
    "bad",
    [refuse(500), refuse(400), raw(b"data: nonsense\n\n"), raw(b"\0\xff\n\n"), raw(b"<html>")],
)
async def test_garbage_and_refusals_cost_one_line(bad: Any) -> None:
    async with stage(bad, say("Back.")) as on:
        await on.until(lambda: len(on.heard) == 1)
        assert on.heard[0].text == "Back."
        assert [reason for _, _, reason in on.dropped] == ["error"]
        assert [state.up for state in on.states][-2:] == [False, True]
        assert len(on.states[-2].reason.splitlines()) == 1


async def test_an_engine_that_was_too_busy_for_the_deadline_is_late_and_not_down() -> None:
    async with stage(refuse(503, code="deadline_exceeded"), say("Now.")) as on:
        await on.until(lambda: len(on.heard) == 1)
        assert [reason for _, _, reason in on.dropped] == ["late"]
        assert [state.up for state in on.states] == [True]


async def test_requests_keep_their_distance_also_when_one_is_given_up() -> None:
    options = Options(inference_interval=0.2, capture_fps=10.0)
    async with stage(hang(), options=options) as on:
        await on.engine.wait_requests(1)
        for _ in range(3):
            on.commentator.pause()
            on.commentator.resume()
            await asyncio.sleep(0)
        await on.until(lambda: len(on.complete) >= 3)
        starts = [line.requested_at for line in on.complete]
        assert all(b - a >= 0.2 for a, b in pairwise(starts))


async def test_pause_lets_a_line_that_is_being_heard_come_to_its_end() -> None:
    rest = asyncio.Event()
    async with stage(say("Whole.", seconds=1.0, rest=rest)) as on:
        await on.until(lambda: len(on.heard) == 1)
        on.commentator.pause()
        rest.set()
        line = await on.over(on.heard[0])
        assert line.state == "ended"
        assert line.duration == pytest.approx(1.0)


async def test_another_source_starts_with_an_empty_window() -> None:
    pacer = ScriptedPacer()
    async with stage(pacer=pacer) as on:
        await on.until(lambda: len(on.heard) >= 3)
        pacer.anchors.clear()
        on.commentator.reset_window()
        count = len(on.engine.requests)
        pacer.anchors.set()
        await on.engine.wait_requests(count + 1)
        first = on.engine.requests[count]
        assert len(first["pressbox"]["frame_times"]) <= 2
        assert instruction(first).startswith(FIRST_LOOK)


async def test_a_silent_source_asks_nothing() -> None:
    async with stage(filming=False) as on:
        await on.until(lambda: bool(on.states))
        await asyncio.sleep(0.05)
        assert on.engine.requests == []


async def test_options_change_while_it_runs() -> None:
    async with stage() as on:
        await on.engine.wait_requests(1)
        on.commentator.update_options(
            Options(inference_interval=0.0, prompt="New.", voice="amy", window_size=4, room="lobby")
        )
        count = len(on.engine.requests)
        await on.engine.wait_requests(count + 2)
        request = on.engine.requests[-1]
        assert request["messages"][0]["content"] == "New."
        assert request["audio"]["voice"] == "amy"
        assert request["pressbox"]["room"] == "lobby"


async def test_an_engine_that_comes_up_later() -> None:
    port = free_port()
    async with stage(url=f"http://127.0.0.1:{port}/v1") as on:
        await on.until(lambda: bool(on.states))
        assert on.states[0].reason == "no connection to the engine"
        assert on.commentator.engine_state == on.states[0]
        async with scripted_engine(port=port):
            await on.until(lambda: len(on.heard) >= 1)
            assert [state.up for state in on.states] == [False, True]


async def test_a_very_long_line_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.commentator.generation.MAX_SECONDS", 0.5)
    async with stage(say("On and on.", seconds=2.0, rest=asyncio.Event())) as on:
        await on.until(lambda: len(on.heard) == 1)
        line = await on.over(on.heard[0])
        assert line.state == "ended"
        assert line.duration == pytest.approx(1.0)


@pytest.mark.parametrize("moment", ["at once", "probing", "in flight", "waiting", "playing"])
async def test_closing_at_any_moment_leaves_nothing(moment: str) -> None:
    pacer = ScriptedPacer()
    if moment == "waiting":
        pacer.starts.clear()
    script = hang() if moment == "in flight" else say("A.", seconds=1.0, rest=asyncio.Event())
    async with stage(script, pacer=pacer) as on:
        if moment == "probing":
            await asyncio.sleep(0)
        elif moment == "in flight":
            await on.engine.wait_requests(1)
        elif moment == "waiting":
            await on.until(lambda: any(line.state == "waiting" for line in on.commentator.lines))
        elif moment == "playing":
            await on.until(lambda: bool(on.heard))
        question = on.commentator.ask("Now?") if moment == "playing" else None
        await asyncio.gather(on.commentator.aclose(), on.commentator.aclose())
        await on.commentator.aclose()
        on.commentator.push(i420(), 1.0)
        assert question is None or question.reason == "cancelled"
        assert on.commentator.ask("Anybody?").reason == "refused"
