"""Pressbox plugin for LiveKit Agents: a model that watches a video track and commentates.

It speaks by itself, as soon as something is worth a line, and answers questions about what it sees.
Any server that speaks OpenAI's chat completions and takes pictures is the engine behind it.
"""

from . import audio, commentator, engine, scene, video
from .commentator import DropReason, Kind, Line, Options, Pacer, PlaybackPacer
from .engine import EngineState
from .hand_over import LINE_KEY
from .models import EngineModels
from .realtime_model import RealtimeModel
from .realtime_session import RealtimeSession
from .version import __version__

__all__ = [
    "LINE_KEY",
    "DropReason",
    "EngineModels",
    "EngineState",
    "Kind",
    "Line",
    "Options",
    "Pacer",
    "PlaybackPacer",
    "RealtimeModel",
    "RealtimeSession",
    "__version__",
    "audio",
    "commentator",
    "engine",
    "scene",
    "video",
]

from livekit.agents import Plugin

from .log import logger


class PressboxPlugin(Plugin):
    def __init__(self) -> None:
        super().__init__(__name__, __version__, __package__, logger)


Plugin.register_plugin(PressboxPlugin())

# Cleanup docs of unexported modules
_module = dir()
NOT_IN_ALL = [m for m in _module if m not in __all__]

__pdoc__ = {}

for n in NOT_IN_ALL:
    __pdoc__[n] = False
