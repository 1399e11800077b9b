"""Commentators whose engine does not speak, or stops to: with the real espeak-ng."""

from __future__ import annotations

from typing import Any

import pytest
from gated_engine import (
    chunk,
    say,
    stream,
)

from .stage import stage


async def test_an_engine_that_only_writes_is_spoken_for() -> None:
    async with stage(say("Only text.", sound=b""), say("More text.", sound=b"")) as on:
        await on.until(lambda: len(on.heard) >= 2 and len(on.complete) >= 2)
        assert [line.text for line in on.heard[:2]] == ["Only text.", "More text."]
        assert not any(line.text_only for line in on.heard)
        assert all(line.audio_seconds > 0.3 for line in on.heard[:2])
        assert on.engine.requests[0]["modalities"] == ["text", "audio"]


def thinks(*texts: str, apart: str = "", finish: str = "stop") -> Any:
    """An answer in these pieces, behind a thought that the engine sends apart."""
    thought = [chunk({"reasoning_content": apart})] if apart else []
    return stream(*thought, *(chunk({"content": text}) for text in texts), chunk(finish=finish))


async def test_what_a_model_thinks_and_marks_is_neither_said_nor_shown_nor_remembered() -> None:
    script = (
        thinks(
            "So the user wants",
            " a line.\n</thi",
            "nk>\n\n**A** red car 🚗 [st",
            "ops](http://a.b).",
        ),
        thinks("Now what", " else?</think>\n\nA dog."),
        thinks("A man.", apart="Hm, a man?"),
    )
    async with stage(*script) as on:
        await on.until(lambda: len(on.heard) >= 3 and len(on.complete) >= 3)
        said = [line.text for line in on.heard[:3]]
        assert said == ["A red car stops.", "A dog.", "A man."]
        sent = str([request["messages"] for request in on.engine.requests])
        assert "user wants" not in sent
        assert "Hm" not in sent


@pytest.mark.parametrize("apart", ["", "Hm, what is it?"])
async def test_a_model_that_only_thinks_is_told_of_and_asked_for_less(apart: str) -> None:
    all_thought = "" if apart else "<think>Hm, what is it?"
    async with stage(thinks(all_thought, apart=apart, finish="length")) as on:
        await on.until(lambda: len(on.heard) >= 1)
        assert any("thinking" in notice for notice in on.notices)
        assert on.dropped[0][1:] == ("", "empty")
        assert "reasoning_effort" not in on.engine.requests[0]
        assert on.engine.requests[1]["reasoning_effort"] == "low"
