"""The vlm engine: one thread with the model, and requests one after the other."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing

from config.settings import Settings
from models import hub
from models.engine import Delta, EngineInfo, GenerationRequest
from models.runtime.worker import Worker
from models.vlm.session import Session

log = logging.getLogger("engine")

NAME = "vlm"
CLOSE_TIMEOUT = 10.0
"""Seconds that the thread has to end; a model that is still being loaded takes longer."""


class VlmEngine:
    """Serves one model, text only. Requests are queued before it, by the server."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._worker = Worker("model", session.stop)

    @classmethod
    def from_settings(cls, settings: Settings) -> VlmEngine:
        """Raises EngineStartError when there is no such folder."""
        folder = hub.resolve(settings.model_path)
        return cls(Session(folder, settings.engine_devices[0], settings.engine_memory))

    @property
    def info(self) -> EngineInfo:
        return EngineInfo(NAME, concurrency=1, speaks=False)

    def has_voice(self, voice: str) -> bool:
        """Any will do, since whoever speaks the text chooses the voice."""
        return True

    def voice_help(self) -> str:
        return "this engine gives text only"

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
