"""Commentary: the loop with a real engine connection and a scripted pacer."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from gated_engine import Answer, hang, raw, refuse, say, scripted_engine

from tests.support.ports import free_port

from .pictures import i420
from .stage import QUICK, ScriptedPacer, stage


def instruction(request: dict[str, Any]) -> str:
    return str(request["messages"][-1]["content"][-1]["text"])


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
        assert [line.text for line in on.heard[:3]] == ["Line 1.", "Line 2.", "Line 3."]
        assert on.engine.most_in_flight == 1


async def test_the_anchor_is_the_first_real_frame_from_the_time_asked_for() -> None:
    pacer = ScriptedPacer(not_before=100.0, frames=2)
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
        assert (len(times), times[-1], times) == (2, 0.0, sorted(times)), "the pacer thins it"
        assert len(on.engine.requests[0]["messages"][-1]["content"]) == 3


async def test_the_model_hears_what_was_said_and_how_much_changed() -> None:
    async with stage(say("A ball."), say("It stops.")) as on:
        on.commentator.instruct("You are terse.")
        await on.until(lambda: len(on.heard) >= 2)
        await on.engine.wait_requests(4)
        fourth = on.engine.requests[3]["messages"]
        assert fourth[0]["content"] == "You are terse."
        assert fourth[1]["content"].startswith("A ball.\nIt stops.\n")
        assert instruction(on.engine.requests[3]).startswith("Something has changed")


async def test_a_line_that_was_never_said_is_not_the_last_one() -> None:
    pacer = ScriptedPacer(late=True)
    async with stage(pacer=pacer) as on:
        await on.until(lambda: len(on.dropped) >= 6)
        assert all(
            instruction(one).startswith("These are the first pictures")
            for one in on.engine.requests[:6]
        )
        pacer.late = False
        await on.until(lambda: len(on.heard) >= 1)
        count = len(on.engine.requests)
        await on.engine.wait_requests(count + 1)
        assert instruction(on.engine.requests[count]).startswith("Something has changed")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        *((say(text), "empty") for text in ("...", " . ")),
        *((say(text, sound=b""), "empty") for text in ("", "...")),
        (refuse(503, code="deadline_exceeded"), "late"),
        *((one, "error") for one in (refuse(500), refuse(400))),
        *((raw(one), "error") for one in (b"data: nonsense\n\n", b"\0\xff\n\n", b"<html>")),
    ],
)
async def test_what_cannot_be_said_costs_one_line(bad: Answer, reason: str) -> None:
    async with stage(bad, say("", seconds=0.2)) as on:
        await on.until(lambda: len(on.heard) == 1)
        assert [(kind, why) for kind, _, why in on.dropped] == [("commentary", reason)]
        states = [state.up for state in on.states]
        assert (states[-1], False in states) == (True, reason == "error")
        assert max(len(state.reason.splitlines()) for state in on.states) <= 1
        assert on.heard[0].audio_seconds > 0, "sound without a text is a line"


async def test_a_line_is_heard_before_it_is_complete_and_cut_where_it_is_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rest = asyncio.Event()
    never = say("On and on.", seconds=4.0, rest=asyncio.Event())
    monkeypatch.setattr("livekit.plugins.pressbox.commentator.generation.MAX_SECONDS", 1.5)
    async with stage(say("Long.", seconds=2.0, rest=rest), never) as on:
        await on.until(lambda: len(on.heard) == 1)
        assert on.heard[0].duration is None
        rest.set()
        await on.until(lambda: len(on.heard) >= 2)
        for line in [await on.over(line) for line in on.heard[:2]]:
            assert line.state == "ended"
            assert line.duration == pytest.approx(2.0)
            assert on.seconds[line.id] == pytest.approx(2.0)


async def test_text_only_engines_and_text_only_options() -> None:
    async with stage(say("Only text.", sound=b""), tts="engine") as on:
        await on.until(lambda: len(on.heard) == 1)
        assert on.heard[0].text_only
    silent = replace(QUICK, enable_tts=False)
    async with stage(say("Silent."), options=silent, tts="espeak") as on:
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


async def test_requests_keep_their_distance_also_when_one_is_given_up() -> None:
    options = replace(QUICK, inference_interval=0.2, capture_fps=10.0)
    async with stage(hang(), options=options) as on:
        await on.engine.wait_requests(1)
        for _ in range(3):
            on.commentator.pause()
            on.commentator.resume()
            await asyncio.sleep(0)
        await on.until(lambda: len(on.complete) >= 3)
        starts = [line.requested_at for line in on.complete]
        assert all(b - a >= 0.2 for a, b in pairwise(starts))


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
        assert instruction(first).startswith("These are the first pictures")


async def test_an_engine_that_comes_up_later() -> None:
    port = free_port()
    async with stage(url=f"http://127.0.0.1:{port}/v1") as on:
        await on.until(lambda: bool(on.states))
        assert on.states[0].reason == "no connection to the engine"
        assert on.commentator.engine_state == on.states[0]
        async with scripted_engine(port=port):
            await on.until(lambda: len(on.heard) >= 1)
            assert [state.up for state in on.states] == [False, True]


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
