"""The commentator: frames in, lines out. It knows no rooms and no ``AgentSession``."""

from .commentator import Commentator
from .frames import I420, Bgr, SampleGrid, sample
from .generation import Speaker
from .line import DropReason, Kind, Line, Lines, State, new_line
from .note import Note
from .options import Options
from .output import Output
from .pacer import Pacer, PlaybackPacer
from .window import SampledFrame

__all__ = [
    "I420",
    "Bgr",
    "Commentator",
    "DropReason",
    "Kind",
    "Line",
    "Lines",
    "Note",
    "Options",
    "Output",
    "Pacer",
    "PlaybackPacer",
    "SampleGrid",
    "SampledFrame",
    "Speaker",
    "State",
    "new_line",
    "sample",
]
