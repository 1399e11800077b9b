"""Questions and interruptions over a real connection. At which moment they come: test_moments."""

from __future__ import annotations

import re
from typing import Any

import pytest
from gated_engine import hang, refuse, say

from .stage import ScriptedPacer, stage


async def test_a_question_cancels_commentary_in_flight_and_is_remembered() -> None:
    async with stage(hang(), say("Red.")) as on:
        await on.engine.wait_requests(1)
        answer = await on.over(on.commentator.ask("What colour?"))
        assert (answer.kind, answer.said) == ("answer", "Red.")
        assert on.dropped[0] == ("commentary", "", "interrupted")
        assert (on.engine.most_in_flight, on.engine.cancelled) == (1, 1)
        asked = on.engine.requests[1]
        assert asked["pressbox"]["kind"] == "answer"
        assert asked["pressbox"]["frame_times"][-1] == 0.0
        assert asked["messages"][-1]["content"][-1]["text"] == "What colour?"
        await on.engine.wait_requests(3)
        assert on.engine.requests[2]["messages"][1:-1] == [
            {"role": "user", "content": "What colour?"},
            {"role": "assistant", "content": "Red."},
        ]


async def test_a_question_before_any_picture_is_asked_without_one() -> None:
    async with stage(say("I see nothing yet."), filming=False) as on:
        await on.over(on.commentator.ask("What do you see?"))
        assert len(on.engine.requests[0]["messages"][-1]["content"]) == 1


@pytest.mark.parametrize(
    ("answer", "reason", "text"),
    [
        (refuse(500, "broken"), "error", "500: .*broken"),
        (say("..."), "empty", "nothing to say"),
        (hang(), "late", "in time"),
    ],
)
async def test_a_question_that_cannot_be_answered_says_why_in_one_line(
    answer: Any, reason: str, text: str
) -> None:
    pacer = ScriptedPacer(patience=0.3)
    pacer.anchors.clear()
    async with stage(answer, pacer=pacer) as on:
        line = await on.over(on.commentator.ask("What?"))
        assert line.reason == reason
        assert re.search(text, line.error)
        assert len(line.error.splitlines()) == 1


@pytest.mark.parametrize("how", ["drop", "interrupt", "pause", "reset", "close"])
async def test_whoever_gives_a_request_up_closes_its_connection(how: str) -> None:
    async with stage(hang(), hang()) as on:
        await on.engine.wait_requests(1)
        if how == "drop":
            line = on.commentator.ask("What?")
            await on.engine.wait_requests(2)
            on.commentator.pause()
            on.commentator.lines.drop(line, "cancelled")
            await on.engine.wait_idle(cancelled=2)
            return
        on.commentator.pause(unheard=how == "pause")
        if how == "interrupt":
            on.commentator.interrupt()
        elif how == "reset":
            on.commentator.reset_window()
        elif how == "close":
            await on.commentator.aclose()
        await on.engine.wait_idle(cancelled=1)
