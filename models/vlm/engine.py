"""The vlm engine, made from the settings."""

from __future__ import annotations

from config.settings import Settings
from models import model_folders
from models.engine import EngineInfo
from models.runtime.threaded_engine import ThreadedEngine
from models.vlm.session import Session

NAME = "vlm"


class VlmEngine(ThreadedEngine[Session]):
    """Serves one model, text only."""

    @classmethod
    def from_settings(cls, settings: Settings) -> VlmEngine:
        """Raises EngineStartError when there is no such folder."""
        folder = model_folders.resolve(settings.model_path)
        return cls(Session(folder, settings.engine_devices[0], settings.engine_memory))

    @property
    def info(self) -> EngineInfo:
        return EngineInfo(NAME, concurrency=1, speaks=False, shortage=self._session.shortage)

    def has_voice(self, voice: str) -> bool:
        """Any will do, since whoever speaks the text chooses the voice."""
        return True

    def voice_help(self) -> str:
        return "this engine gives text only"
