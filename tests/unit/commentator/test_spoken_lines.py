"""Commentators whose engine does not speak, or stops to: with the real espeak-ng."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from gated_engine import (
    ScriptedEngine,
    chunk,
    hang,
    open_stream,
    say,
    send,
    stream,
)

from .stage import QUICK, stage


def begins(text: str) -> Any:
    """An answer that says this and then nothing until the client goes away."""

    async def answer(
        engine: ScriptedEngine, request: web.Request, body: dict[str, Any]
    ) -> web.StreamResponse:
        response = await open_stream(request)
        await send(response, chunk({"content": text}))
        await asyncio.Event().wait()
        return response

    return answer


async def test_an_engine_that_only_writes_is_spoken_for() -> None:
    async with stage(say("Only text.", sound=b""), say("More text.", sound=b"")) as on:
        await on.until(lambda: len(on.heard) >= 2 and len(on.complete) >= 2)
        assert [line.text for line in on.heard[:2]] == ["Only text.", "More text."]
        assert not any(line.text_only for line in on.heard)
        assert all(line.audio_seconds > 0.3 for line in on.heard[:2])
        assert on.engine.requests[0]["modalities"] == ["text", "audio"]


async def test_another_voice_than_the_engines_is_a_wish_the_engine_is_told() -> None:
    async with stage(say("Hello."), tts="espeak") as on:
        await on.until(lambda: len(on.heard) >= 1 and len(on.complete) >= 1)
        assert on.engine.requests[0]["modalities"] == ["text"]
        assert on.heard[0].audio_seconds > 0.3


@pytest.mark.skipif(find_spec("piper") is None, reason="piper-tts is not installed")
async def test_piper_speaks_the_sessions_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.support.piper_voice import make_voice

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    make_voice(tmp_path / "pressbox/piper", "de_DE-hum-low", espeak="de")
    german = replace(QUICK, language="de-DE")
    async with stage(say("Guten Tag.", sound=b""), tts="piper", options=german) as on:
        await on.until(lambda: len(on.heard) >= 1 and len(on.complete) >= 1)
        assert on.heard[0].audio_seconds > 0.3
        assert on.notices == []
    async with stage(say("Good day.", sound=b""), tts="piper") as on:
        await on.until(lambda: len(on.heard) >= 1 and len(on.notices) >= 1)
        assert on.heard[0].text == "Good day."
        assert on.seconds == {}
        assert "python -m models pull" in on.notices[0]


async def test_interrupting_ends_the_speech_and_the_request() -> None:
    async with stage(say("A dog."), begins("One thing. And "), hang(), tts="espeak") as on:
        await on.until(lambda: len(on.heard) == 2)
        on.commentator.interrupt()
        line = on.heard[1]
        await on.until(lambda: line.duration is not None)
        assert line.text == "One thing. And"
        assert line.duration == line.audio_seconds > 0
        async with asyncio.timeout(10), on.engine.asked:
            await on.engine.asked.wait_for(lambda: on.engine.cancelled == 1)


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
