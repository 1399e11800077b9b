"""An engine's asynchronous side: one thread with the model, and requests one after the other."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Generic, Protocol, TypeVar

from models.engine import Delta, GenerationRequest
from models.runtime.worker import Patience, Worker
from speech.threads import Sink

log = logging.getLogger("engine")

CLOSE_TIMEOUT = 10.0
"""Seconds that the thread has to end; a model that is still being loaded takes longer."""


class Session(Protocol):
    """The model at work. All but ``stop`` runs in the thread, and blocks."""

    def open(self) -> None:
        """Loads the model and lets it run once. Raises EngineStartError."""
        ...

    def answer(self, request: GenerationRequest, sink: Sink[Delta]) -> None:
        """Puts the answer into ``sink``. Raises EngineError."""
        ...

    def stop(self) -> None:
        """Ends the answer that is being made; from any thread."""
        ...

    def close(self) -> None:
        """Lets go of the model."""
        ...


S = TypeVar("S", bound=Session)


class ThreadedEngine(Generic[S]):
    """What is the same for every engine with a session. Requests are queued before it."""

    def __init__(
        self,
        session: S,
        *,
        patience: Patience | None = None,
        close_timeout: float = CLOSE_TIMEOUT,
    ) -> None:
        self._session = session
        self._worker = Worker("model", session.stop, patience)
        self._close_timeout = close_timeout

    async def start(self) -> None:
        """Raises EngineStartError when the model does not fit, load or run."""
        await self._worker.call(self._session.open)

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Delta, None]:
        work = lambda sink: self._session.answer(request, sink)  # noqa: E731
        async with aclosing(self._worker.stream(work)) as deltas:
            async for delta in deltas:
                yield delta

    async def aclose(self) -> None:
        if not await self._worker.aclose(self._session.close, self._close_timeout):
            log.warning("the model's thread is still at work and is left behind")
