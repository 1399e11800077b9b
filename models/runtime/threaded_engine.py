"""An engine's asynchronous side: one thread with the model, and requests one after the other."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Generic, TypeVar

from models.engine import Delta, GenerationRequest
from models.runtime.session import ModelSession
from models.runtime.worker import Worker

log = logging.getLogger("engine")

CLOSE_TIMEOUT = 10.0
"""Seconds that the thread has to end; a model that is still being loaded takes longer."""


S = TypeVar("S", bound=ModelSession)


class ThreadedEngine(Generic[S]):
    """What is the same for every engine with a model. Requests are queued before it."""

    def __init__(self, session: S) -> None:
        self._session = session
        self._worker = Worker("model")

    async def start(self) -> None:
        """Raises EngineStartError when the model does not fit, load or run."""
        await self._worker.call(self._session.open)

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Delta, None]:
        work = lambda sink: self._session.answer(request, sink)  # noqa: E731
        async with aclosing(self._worker.stream(work)) as deltas:
            async for delta in deltas:
                yield delta

    async def aclose(self) -> None:
        if not await self._worker.aclose(self._session.close, CLOSE_TIMEOUT):
            log.warning("the model's thread is still at work and is left behind")
