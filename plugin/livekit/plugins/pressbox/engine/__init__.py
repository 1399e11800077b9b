"""The client of an engine server: OpenAI's chat completions, streamed, with text and speech."""

from .chunks import AnswerText, Delta, GarbageError, is_blank
from .client import EngineClient, checked, is_loopback
from .dialect import NO_THINKING, SPEECH, TEXT, Card, Dialect, Near, Traits, standard
from .errors import (
    EngineError,
    EngineProtocolError,
    EngineRejected,
    EngineStarting,
    EngineTimeout,
    EngineUnavailable,
)
from .health import EngineState
from .limits import Limits, parts
from .request import Engine, EngineRequest, Message

__all__ = [
    "NO_THINKING",
    "SPEECH",
    "TEXT",
    "AnswerText",
    "Card",
    "Delta",
    "Dialect",
    "Engine",
    "EngineClient",
    "EngineError",
    "EngineProtocolError",
    "EngineRejected",
    "EngineRequest",
    "EngineStarting",
    "EngineState",
    "EngineTimeout",
    "EngineUnavailable",
    "GarbageError",
    "Limits",
    "Message",
    "Near",
    "Traits",
    "checked",
    "is_blank",
    "is_loopback",
    "parts",
    "standard",
]
