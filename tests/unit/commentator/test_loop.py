"""Commentary: the loop with a real engine connection and a scripted pacer."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from gated_engine import Answer, hang, raw, refuse, say

from .pictures import i420
from .stage import QUICK, ScriptedPacer, stage


def instruction(request: dict[str, Any]) -> str:
    return str(request["messages"][-1]["content"][-1]["text"])


async def test_the_model_hears_what_was_said_and_how_much_changed() -> None:
    async with stage(say("A ball."), say("It stops.")) as on:
        on.commentator.instruct("You are terse.")
        await on.until(lambda: len(on.heard) >= 2)
        await on.engine.wait_requests(4)
        fourth = on.engine.requests[3]["messages"]
        assert fourth[0]["content"] == "You are terse."
        assert fourth[1]["content"].startswith("A ball.\nIt stops.\n")
        assert instruction(on.engine.requests[3]).startswith("Something has changed")


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


async def test_a_hanging_engine_costs_lines_until_the_deadline_and_then_counts_as_down() -> None:
    pacer = ScriptedPacer(patience=0.5)
    async with stage(hang(), hang(), hang(), pacer=pacer) as on:
        await on.until(lambda: len(on.heard) == 1)
        assert [reason for _, _, reason in on.dropped] == ["late"] * 3
        assert [state.up for state in on.states] == [True, False, True]
        assert "in time" in on.states[1].reason


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
