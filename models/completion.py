"""One request on its way through queue and engine to its answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from typing import Any

from models.admission import RETRY_AFTER, Admission
from models.api import ChatRequest
from models.engine import (
    AudioDelta,
    BusyError,
    Delta,
    Engine,
    EngineError,
    FatalEngineError,
    Finished,
    GenerationRequest,
    Notice,
    RefusedError,
    TextDelta,
)
from models.errors import ApiError, invalid
from models.metrics import Metrics
from models.sse import DONE, KEEP_ALIVE, Answer, error_event

log = logging.getLogger("engine")


class Completion:
    """Waits for a slot, runs the engine, counts."""

    def __init__(
        self,
        chat: ChatRequest,
        generation: GenerationRequest,
        engine: Engine,
        admission: Admission,
        metrics: Metrics,
        arrived: float,
        on_fatal: Callable[[FatalEngineError], None],
    ) -> None:
        """``arrived`` is the loop's time in seconds."""
        self.chat = chat
        self.outcome = "ok"
        self._generation = generation
        self._engine = engine
        self._admission = admission
        self._metrics = metrics
        self._arrived = arrived
        self._on_fatal = on_fatal
        self._answer = Answer(engine.info.name)

    async def whole(self) -> dict[str, Any]:
        """The answer in one piece. Raises ApiError."""
        text, pcm, end, notices = "", bytearray(), Finished("stop", 0, 0), []
        async with aclosing(self._deltas()) as deltas:
            async for delta in deltas:
                if isinstance(delta, TextDelta):
                    text += delta.text
                elif isinstance(delta, AudioDelta):
                    pcm += delta.pcm
                elif isinstance(delta, Notice):
                    notices.append(delta.text)
                else:
                    end = delta
        audio = self.chat.audio if self._generation.audio else None
        return self._answer.whole(text, bytes(pcm), end, audio.format if audio else None, notices)

    async def events(self, keep_alive: float) -> AsyncGenerator[bytes, None]:
        """The answer as server-sent events.

        After each ``keep_alive`` seconds without a piece a comment is sent. An error before the
        first event is raised as ApiError; after it, it is an event.
        """
        begun = False
        async with aclosing(self._pieces(keep_alive)) as pieces:
            try:
                async for piece in pieces:
                    begun = True
                    yield piece
            except ApiError as error:
                if not begun:
                    raise
                self.outcome = error.code
                yield error_event(error)

    async def _pieces(self, keep_alive: float) -> AsyncGenerator[bytes, None]:
        async with aclosing(self._deltas()) as deltas:
            end: Finished | None = None
            next_delta: asyncio.Task[Delta | None] | None = None
            try:
                while end is None:
                    next_delta = asyncio.create_task(anext(deltas, None), name="next delta")
                    while not (await asyncio.wait({next_delta}, timeout=keep_alive))[0]:
                        yield KEEP_ALIVE
                    delta = next_delta.result()
                    if delta is None:
                        raise ApiError(500, "the engine broke off", code="engine_error")
                    yield self._answer.chunk(delta)
                    end = delta if isinstance(delta, Finished) else None
            finally:
                if next_delta is not None:
                    await _ended(next_delta)
        if self.chat.wants_usage:
            yield self._answer.usage(end)
        yield DONE

    async def _deltas(self) -> AsyncGenerator[Delta, None]:
        loop = asyncio.get_running_loop()
        wait_ms = self.chat.pressbox.deadline_ms
        deadline = None if wait_ms is None else self._arrived + wait_ms / 1000
        heard, first, last = False, 0.0, 0.0
        async with self._admission.slot(self._generation.room, deadline):
            self._metrics.queue_wait.observe(loop.time() - self._arrived)
            async with aclosing(self._translated()) as deltas:
                async for delta in deltas:
                    if isinstance(delta, AudioDelta):
                        if not heard:
                            self._metrics.first_audio.observe(loop.time() - self._arrived)
                        heard = True
                        self._metrics.audio_seconds.inc(delta.seconds)
                    elif isinstance(delta, TextDelta):
                        last = loop.time()
                        first = first or last
                    elif isinstance(delta, Finished) and self._engine.info.counts:
                        self._metrics.told(delta.completion_tokens, last - first)
                    yield delta

    async def _translated(self) -> AsyncGenerator[Delta, None]:
        """The engine's pieces; its errors as ApiError."""
        async with aclosing(self._engine.generate(self._generation)) as deltas:
            try:
                async for delta in deltas:
                    yield delta
            except RefusedError as error:
                raise invalid(str(error), error.param) from None
            except BusyError as error:
                raise ApiError(
                    503, str(error), code="engine_busy", retry_after=RETRY_AFTER
                ) from None
            except EngineError as error:
                log.error("%s", error)
                if isinstance(error, FatalEngineError):
                    self._on_fatal(error)
                raise ApiError(500, str(error), code="engine_error") from None
            except Exception as error:
                log.exception("the engine failed")
                raise ApiError(
                    500, "the engine failed, its log says how", code="engine_error"
                ) from error


async def _ended(task: asyncio.Task[Delta | None]) -> None:
    """Cancels it and waits, even when cancelled again: a server that stops does that twice."""
    task.cancel()
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait({task})
