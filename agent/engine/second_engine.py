"""Two engines in a row: the first one sees, the second one has the words.

The first describes the pictures in a text; the second gets that text, and not the pictures, with
persona, history and what is wanted, and writes the line, answers, or judges. While the second is
down the first does all of it alone.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from livekit.plugins.pressbox.engine import (
    AnswerText,
    Delta,
    EngineError,
    EngineRequest,
    EngineTimeout,
    Message,
    is_blank,
)

from agent.engine.engines import Engines
from config.engine_settings import EngineSettings

log = logging.getLogger("pressbox.engine")

AGAIN = (2.0, 5.0, 15.0, 30.0)
"""Seconds until a second engine that failed is asked again; the last one again and again."""
DESCRIPTION_TOKENS = 300
LONGEST = 4000
"""Characters of a description that are handed on."""
SLOW = 3.0
"""Seconds without a word after which an answer that was given up shows that it is down."""
LEAST = 0.05
"""Seconds that the second engine is given of the deadline at least."""

DESCRIBE = (
    "You are the eyes of somebody who cannot see. You get pictures of a video in time order, the "
    "last one is now. Describe plainly and completely what they show and what changes from one to "
    "the next: who and what is where, what they do, which words can be read. Say nothing that the "
    "pictures do not show."
)
SHOWN = "This is what the pictures show, as somebody describes them who sees them:"
WANTED = "Go by this description as if you saw the pictures yourself, and do not mention it."


class SecondEngine:
    """An ``Engine`` of two clients."""

    def __init__(self, first: Engines, second: Engines) -> None:
        self._first = first
        self._second = second
        self._failures = 0
        self._again_at = float("-inf")
        self._notice = ""

    @property
    def speaks(self) -> bool | None:
        """Who writes the line speaks it."""
        return self._second.speaks if self._is_up else self._first.speaks

    @property
    def hears(self) -> bool:
        """The first one hears what it is to describe."""
        return self._first.hears

    async def reach(self) -> None:
        """Check that the first one answers: without it there is nothing to say."""
        await self._first.reach()
        try:
            await self._second.reach()
        except EngineError as error:
            self._failed(error)
        else:
            self._reached()

    async def stream(self, request: EngineRequest) -> AsyncGenerator[Delta, None]:
        """The second one's answer to what the first one describes; the first one's own where the
        second is down. Raises EngineError.
        """
        if self._is_up:
            begun = time.monotonic()
            description = await self._described(request)
            if is_blank(description):
                yield Delta(finish="stop")
                return
            spent = time.monotonic() - begun
            async with aclosing(self._written(_handed_on(request, description, spent))) as deltas:
                async for delta in deltas:
                    yield delta
            if self._is_up:
                return
        if self._notice:
            notice, self._notice = self._notice, ""
            yield Delta(notice=notice)
        async with aclosing(self._first.stream(request)) as deltas:
            async for delta in deltas:
                yield delta

    async def _written(self, request: EngineRequest) -> AsyncGenerator[Delta, None]:
        """The second one's answer; nothing, and it counts as down, where it fails at once."""
        begun, said, whole = time.monotonic(), False, False
        try:
            async with aclosing(self._second.stream(request)) as deltas:
                async for delta in deltas:
                    said = said or bool(delta.text or delta.transcript or delta.pcm)
                    yield delta
            whole = True
            self._reached()
        except EngineError as error:
            whole = True
            self._failed(error)
            if said:
                raise
        finally:
            if not (whole or said) and time.monotonic() - begun >= SLOW:
                self._failed(EngineTimeout("the engine did not answer in time"))

    async def aclose(self) -> None:
        """Close both. Idempotent."""
        await self._first.aclose()
        await self._second.aclose()

    @property
    def _is_up(self) -> bool:
        return time.monotonic() >= self._again_at

    async def _described(self, request: EngineRequest) -> str:
        text, chosen = "", AnswerText()
        async with aclosing(self._first.stream(_description_of(request))) as deltas:
            async for delta in deltas:
                text += chosen.added(delta)
        return text.strip()[:LONGEST]

    def _failed(self, error: EngineError) -> None:
        if not self._failures:
            self._notice = f"the second engine is down, the first one speaks alone: {error}"
            log.warning("%s", self._notice)
        self._again_at = time.monotonic() + AGAIN[min(self._failures, len(AGAIN) - 1)]
        self._failures += 1

    def _reached(self) -> None:
        if self._failures:
            log.info("the second engine is there again")
        self._failures, self._again_at, self._notice = 0, float("-inf"), ""


def with_second(first: Engines, settings: EngineSettings) -> Engines | SecondEngine:
    """The first engine alone, or with the second one that the settings name."""
    if not settings.second_engine_url:
        return first
    second = Engines(
        settings.second_engine_url,
        api=settings.second_engine_api,
        api_key=settings.second_engine_api_key.get_secret_value(),
        model=settings.second_engine_model,
        must_see=False,
    )
    return SecondEngine(first, second)


def _description_of(request: EngineRequest) -> EngineRequest:
    """What the first one is asked: the same pictures and sound, and what they are wanted for."""
    *_, asked = request.messages
    parts = _parts(asked)
    seen = [part for part in parts if part.get("type") != "text"]
    spoken = any(part.get("type") == "input_audio" for part in seen)
    what = "Describe the pictures. What is wanted of them is this: "
    told = " Write down word for word what is asked aloud." if spoken else ""
    text = {"type": "text", "text": f"{what}{_text(parts)}{told}"}
    return replace(
        request,
        messages=[
            {"role": "system", "content": DESCRIBE},
            {"role": "user", "content": [*seen, text]},
        ],
        audio=False,
        max_tokens=DESCRIPTION_TOKENS,
    )


def _handed_on(request: EngineRequest, description: str, spent: float) -> EngineRequest:
    """What the second one is asked, ``spent`` seconds later: no pictures and no sound."""
    left = None if request.deadline is None else max(LEAST, request.deadline - spent)
    *before, asked = request.messages
    quoted = description.replace("<", "(").replace(">", ")")  # it may be read off a picture
    shown = f"{SHOWN}\n<description>\n{quoted}\n</description>\n{WANTED}"
    text = f"{shown}\n{_text(_parts(asked))}"
    return replace(
        request,
        messages=[*before, {"role": "user", "content": text}],
        deadline=left,
        frame_times=(),
        frame_objects=(),
    )


def _parts(message: Message) -> Sequence[dict[str, Any]]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _text(parts: Sequence[dict[str, Any]]) -> str:
    return "\n".join(part["text"] for part in parts if part.get("type") == "text")
