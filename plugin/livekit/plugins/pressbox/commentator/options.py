"""What a session is asked to do; checked when it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_RANGES: dict[str, tuple[type, float, float, str]] = {
    "capture_fps": (float, 0.1, 30.0, "frames per second"),
    "window_size": (int, 1, 512, "frames"),
    "frames_per_inference": (int, 1, 64, "frames"),
    "frame_stride": (int, 1, 32, "sampled frames"),
    "inference_interval": (float, 0.0, 60.0, "seconds"),
    "change_threshold": (float, 0.0, 255.0, "grey levels"),
    "max_new_tokens": (int, 8, 1024, "tokens"),
    "still_interval": (float, 0.0, 3600.0, "seconds"),
    "repeat_threshold": (float, 0.0, 1.0, "of likeness"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Settings of one session. Raises ValueError naming the option, its value and its range.

    Attributes:
        prompt: The persona. Empty: the instructions of the ``Agent``.
        voice: A voice of the engine. Empty: the engine's own default.
        language: BCP 47 tag of the language to speak.
        capture_fps: Frames sampled per second.
        window_size: Sampled frames that are remembered.
        frames_per_inference: Frames in one request, at most.
        frame_stride: Every how many sampled frames one goes into a request.
        inference_interval: Least time between the starts of two requests, seconds.
        change_threshold: How much must happen (0..255; a cut is 255) for a line to be asked
            for; 0: nothing need happen.
        still_interval: Seconds after which a line is asked for though nothing happens; 0: never,
            not even a first one.
        repeat_threshold: Likeness (0..1) to a line spoken lately from which on a line is not
            spoken; 1: all are.
        focus: What to talk about, empty for anything.
        length: How much to say.
        dense: Leave no silence while something happens.
        max_new_tokens: Token cap of one line.
        enable_tts: Ask the engine for speech; otherwise lines are text only.
        room: Name under which the engine queues the requests fairly.
    """

    prompt: str = ""
    voice: str = ""
    language: str = "en"
    capture_fps: float = 2.0
    window_size: int = 32
    frames_per_inference: int = 4
    frame_stride: int = 2
    inference_interval: float = 1.0
    change_threshold: float = 5.0
    max_new_tokens: int = 96
    still_interval: float = 60.0
    repeat_threshold: float = 0.8
    focus: str = ""
    length: Literal["brief", "normal", "detailed"] = "normal"
    dense: bool = False
    enable_tts: bool = True
    room: str = ""

    def __post_init__(self) -> None:
        for name, (kind, low, high, unit) in _RANGES.items():
            value = getattr(self, name)
            if type(value) not in (int, kind) or not low <= value <= high:
                number = "a whole number" if kind is int else "a number"
                raise ValueError(
                    f"{name}={value!r} is not allowed: {number} from {low:g} to {high:g} ({unit})"
                )
