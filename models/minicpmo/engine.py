"""The MiniCPM-o engine: one thread with the model, and requests one after the other."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from config.settings import Settings
from models import hub
from models.engine import Delta, EngineInfo, GenerationRequest
from models.minicpmo.backend import Backend
from models.minicpmo.checkpoint import Checkpoint
from models.minicpmo.machine import made_backend
from models.minicpmo.session import Session
from models.minicpmo.voices import Voices
from models.runtime.worker import Patience, Worker

log = logging.getLogger("engine")

NAME = "minicpmo"
CLOSE_TIMEOUT = 10.0
"""Seconds that the thread has to end; a model that is still being loaded takes longer."""


class MiniCPMoEngine:
    """Serves one model. Requests are queued before it, by the server."""

    def __init__(
        self,
        make: Callable[[], Backend],
        voices: Voices,
        *,
        patience: Patience | None = None,
        close_timeout: float = CLOSE_TIMEOUT,
    ) -> None:
        """``make`` is called by ``start``, in the thread that the model will live in."""
        self._voices = voices
        self._session = Session(make, voices)
        self._worker = Worker("model", self._session.stop, patience)
        self._close_timeout = close_timeout

    @classmethod
    def from_settings(cls, settings: Settings) -> MiniCPMoEngine:
        """Raises EngineStartError when there is no checkpoint that it can use."""
        checkpoint = Checkpoint.read(hub.resolve(settings.model_path))
        voices = Voices(settings.voice_dir, checkpoint.reference_voice)
        device, memory = settings.engine_devices[0], settings.engine_memory
        return cls(lambda: made_backend(checkpoint, device, memory, voices), voices)

    @property
    def info(self) -> EngineInfo:
        """Whether it speaks is known once it has started; until then it is taken to."""
        return EngineInfo(NAME, concurrency=1, speaks=self._session.speaks, hears=True)

    def has_voice(self, voice: str) -> bool:
        return self._voices.has(voice)

    def voice_help(self) -> str:
        return self._voices.help()

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
