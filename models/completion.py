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
from models.request_trace import RequestTrace
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
        trace: RequestTrace,
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
        self._trace = trace
        self._answer = Answer(engine.info.name)
        self._heard = False
        self._first_text, self._last_text = 0.0, 0.0

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
        begun, delta = False, None
        next_delta: asyncio.Task[Delta | None] | None = None
        async with aclosing(self._deltas()) as deltas:
            try:
                while not isinstance(delta, Finished):
                    next_delta = asyncio.create_task(anext(deltas, None), name="next delta")
                    while not (await asyncio.wait({next_delta}, timeout=keep_alive))[0]:
                        begun = True
                        yield KEEP_ALIVE
                    delta = next_delta.result()
                    if delta is None:
                        raise ApiError(500, "the engine broke off", code="engine_error")
                    begun = True
                    yield self._answer.chunk(delta)
            except ApiError as error:
                if not begun:
                    raise
                self.outcome = error.code
                yield error_event(error)
                return
            finally:
                if next_delta is not None:
                    await _ended(next_delta)
        if self.chat.wants_usage:
            yield self._answer.usage(delta)
        yield DONE

    async def _deltas(self) -> AsyncGenerator[Delta, None]:
        """The engine's pieces, once there is a slot for them; its errors as ApiError."""
        wait_ms = self.chat.pressbox.deadline_ms
        deadline = None if wait_ms is None else self._arrived + wait_ms / 1000
        async with self._admission.slot(self._generation.room, deadline):
            self._metrics.queue_wait.observe(self._since_arrival())
            self._trace.served()
            async with aclosing(self._engine.generate(self._generation)) as deltas:
                try:
                    async for delta in deltas:
                        self._count(delta)
                        yield delta
                except EngineError as error:
                    raise self._explained(error) from None
                except Exception as error:
                    log.exception("the engine failed")
                    raise ApiError(
                        500, "the engine failed, its log says how", code="engine_error"
                    ) from error

    def _count(self, delta: Delta) -> None:
        if isinstance(delta, AudioDelta):
            if not self._heard:
                self._metrics.first_audio.observe(self._since_arrival())
                self._trace.mark("first audio")
            self._heard = True
            self._metrics.audio_seconds.inc(delta.seconds)
        elif isinstance(delta, TextDelta):
            if not self._first_text:
                self._trace.mark("first text")
            self._last_text = self._since_arrival()
            self._first_text = self._first_text or self._last_text
        elif isinstance(delta, Finished) and self._engine.info.counts:
            self._metrics.told(delta.completion_tokens, self._last_text - self._first_text)

    def _since_arrival(self) -> float:
        return asyncio.get_running_loop().time() - self._arrived

    def _explained(self, error: EngineError) -> ApiError:
        if isinstance(error, RefusedError):
            return invalid(str(error), error.param)
        if isinstance(error, BusyError):
            return ApiError(503, str(error), code="engine_busy", retry_after=RETRY_AFTER)
        log.error("%s", error)
        if isinstance(error, FatalEngineError):
            self._on_fatal(error)
        return ApiError(500, str(error), code="engine_error")


async def _ended(task: asyncio.Task[Delta | None]) -> None:
    """Cancels it and waits, even when cancelled again: a server that stops does that twice."""
    task.cancel()
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait({task})
