"""Commentators whose engine does not speak, or stops to: with the real espeak-ng."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.support.gated_engine import (
    ScriptedEngine,
    chunk,
    hang,
    open_stream,
    say,
    send,
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
    async with stage(begins("One thing. And "), hang(), tts="espeak") as on:
        await on.until(lambda: len(on.heard) == 1)
        on.commentator.interrupt()
        line = on.heard[0]
        await on.until(lambda: line.duration is not None)
        assert line.text == "One thing. And "
        assert line.duration == line.audio_seconds > 0
        async with asyncio.timeout(10), on.engine.asked:
            await on.engine.asked.wait_for(lambda: on.engine.cancelled == 1)
