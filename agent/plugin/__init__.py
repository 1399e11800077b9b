"""A commentator as a LiveKit Agents ``RealtimeModel``.

session = AgentSession(llm=RealtimeModel(engine="http://127.0.0.1:8198/v1"))
"""

from .client import (
    EngineClient,
    EngineError,
    EngineProtocolError,
    EngineRejected,
    EngineTimeout,
    EngineUnavailable,
)
from .health import EngineState
from .line import DropReason, Kind, Line
from .options import Options
from .pacer import Pacer, PlaybackPacer
from .realtime import RealtimeModel, RealtimeSession
from .utterance import LINE_KEY

__all__ = [
    "LINE_KEY",
    "DropReason",
    "EngineClient",
    "EngineError",
    "EngineProtocolError",
    "EngineRejected",
    "EngineState",
    "EngineTimeout",
    "EngineUnavailable",
    "Kind",
    "Line",
    "Options",
    "Pacer",
    "PlaybackPacer",
    "RealtimeModel",
    "RealtimeSession",
]
