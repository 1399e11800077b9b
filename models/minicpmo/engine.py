"""The MiniCPM-o engine, made from the settings."""

from __future__ import annotations

from config.settings import Settings
from models import model_folders
from models.engine import EngineInfo
from models.minicpmo.checkpoint import Checkpoint
from models.minicpmo.session import Session
from models.minicpmo.voices import Voices
from models.runtime.threaded_engine import ThreadedEngine

NAME = "minicpmo"


class MiniCPMoEngine(ThreadedEngine[Session]):
    """Serves one model, with a voice where there is one."""

    @classmethod
    def from_settings(cls, settings: Settings) -> MiniCPMoEngine:
        """Raises EngineStartError when there is no checkpoint that it can use."""
        checkpoint = Checkpoint.read(model_folders.resolve(settings.model_path))
        voices = Voices(settings.voice_dir, checkpoint.reference_voice)
        device, memory = settings.engine_devices[0], settings.engine_memory
        return cls(Session(checkpoint, device, memory, voices))

    @property
    def info(self) -> EngineInfo:
        """Whether it speaks is known once it has started; until then it is taken to."""
        session = self._session
        return EngineInfo(
            NAME, concurrency=1, speaks=session.speaks, hears=True, shortage=session.shortage
        )

    def has_voice(self, voice: str) -> bool:
        return self._session.voices.has(voice)

    def voice_help(self) -> str:
        return self._session.voices.help()
