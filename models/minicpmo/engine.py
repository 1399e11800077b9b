"""The MiniCPM-o engine, made from the settings."""

from __future__ import annotations

from collections.abc import Callable

from config.settings import Settings
from models import model_folders
from models.engine import EngineInfo
from models.minicpmo.backend import Backend
from models.minicpmo.checkpoint import Checkpoint
from models.minicpmo.machine import made_backend
from models.minicpmo.session import Session
from models.minicpmo.voices import Voices
from models.runtime.threaded_engine import CLOSE_TIMEOUT, ThreadedEngine
from models.runtime.worker import Patience

NAME = "minicpmo"


class MiniCPMoEngine(ThreadedEngine[Session]):
    """Serves one model, with a voice where there is one."""

    def __init__(
        self,
        make: Callable[[], Backend],
        voices: Voices,
        *,
        patience: Patience | None = None,
        close_timeout: float = CLOSE_TIMEOUT,
    ) -> None:
        """``make`` is called by ``start``, in the thread that the model will live in."""
        super().__init__(Session(make, voices), patience=patience, close_timeout=close_timeout)
        self._voices = voices

    @classmethod
    def from_settings(cls, settings: Settings) -> MiniCPMoEngine:
        """Raises EngineStartError when there is no checkpoint that it can use."""
        checkpoint = Checkpoint.read(model_folders.resolve(settings.model_path))
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
