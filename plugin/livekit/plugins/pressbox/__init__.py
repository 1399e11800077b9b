"""A commentator as a LiveKit Agents ``RealtimeModel``.

session = AgentSession(llm=RealtimeModel(engine="http://127.0.0.1:8198/v1"))
"""

from livekit.plugins.pressbox.commentator.line import DropReason, Kind, Line
from livekit.plugins.pressbox.commentator.options import Options
from livekit.plugins.pressbox.commentator.pacer import Pacer, PlaybackPacer
from livekit.plugins.pressbox.engine.errors import (
    EngineError,
    EngineProtocolError,
    EngineRejected,
    EngineTimeout,
    EngineUnavailable,
)
from livekit.plugins.pressbox.engine.health import EngineState
from livekit.plugins.pressbox.hand_over import LINE_KEY
from livekit.plugins.pressbox.realtime_model import RealtimeModel, RealtimeSession

__all__ = [
    "LINE_KEY",
    "DropReason",
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
