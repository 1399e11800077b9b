"""A commentator as a LiveKit Agents ``RealtimeModel``.

session = AgentSession(llm=RealtimeModel(engine="http://127.0.0.1:8198/v1"))
"""

from agent.commentator.engine.errors import (
    EngineError,
    EngineProtocolError,
    EngineRejected,
    EngineTimeout,
    EngineUnavailable,
)
from agent.commentator.engine.health import EngineState
from agent.commentator.line import DropReason, Kind, Line
from agent.commentator.options import Options
from agent.commentator.pacer import Pacer, PlaybackPacer
from agent.plugin.hand_over import LINE_KEY
from agent.plugin.realtime import RealtimeModel, RealtimeSession

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
