"""Real footage as the agent would send it, and a commentator over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from livekit.plugins.pressbox.commentator.history import MAX_TURNS
from livekit.plugins.pressbox.commentator.prompt import COMMENTARY, in_view

from models.engine import GenerationRequest, NamedObject, Picture, Turn
from models.sketch.eyes import Eyes
from models.sketch.narrator import SILENCE, reply
from tests.engine.scenes import Image
from vision.detector import Detector
from vision.tracker import Tracker

SHARED = Path(__file__).resolve().parents[3] / "shared"
WEIGHTS = SHARED / "models" / "yolox_nano.onnx"
FPS = 2
LETTERS = 15
"""Spoken in a second."""
PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture at ``time`` seconds, and what was tracked in it."""

    time: float
    jpeg: bytes
    objects: tuple[NamedObject, ...] | None
    text: str = ""


def sampled(path: Path, detector: Detector | None) -> list[Sample]:
    """The film, ``FPS`` pictures of it a second."""
    capture = cv2.VideoCapture(str(path))
    rate = capture.get(cv2.CAP_PROP_FPS)
    frames: list[tuple[float, Image]] = []
    number = 0
    while capture.grab():
        if number >= len(frames) * rate / FPS:
            frames.append((number / rate, np.asarray(capture.retrieve()[1], np.uint8)))
        number += 1
    tracker = Tracker()
    found = []
    for when, frame in frames:
        scale = 640 / frame.shape[1]
        small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])
        objects, text = None, ""
        if detector is not None:
            tracked = tracker.update(when, detector.detect(np.asarray(small, np.uint8)))
            objects = tuple(NamedObject(one.id, one.name, one.box) for one in tracked)
            text = in_view(tracked, when)
        found.append(Sample(when, data.tobytes(), objects, text))
    return found


def window(film: Sequence[Sample], now: float) -> tuple[Picture, ...]:
    """Four pictures, every other one of those until ``now``."""
    shown = [sample for sample in film if sample.time <= now + 0.01][::-1][:8:2]
    newest = shown[0].time
    return tuple(Picture(s.jpeg, s.time - newest, "", s.objects) for s in reversed(shown))


def told(
    film: Sequence[Sample],
    *,
    eyes: Eyes | None = None,
    turns: int = MAX_TURNS,
) -> list[tuple[float, str]]:
    """A commentator's lines with the time of their newest picture.

    ``turns`` of them go with each request.
    """
    eyes = eyes or Eyes()
    lines: list[tuple[float, str]] = []
    now = 1.0
    while now <= film[-1].time:
        history = tuple(Turn("assistant", text) for _, text in lines[-turns:])
        text = [sample.text for sample in film if sample.time <= now + 0.01][-1]
        request = GenerationRequest(
            history=history,
            pictures=window(film, now),
            text=f"{text}\n{COMMENTARY}",
            room="lobby",
        )
        line = " ".join(reply(request, eyes))
        if line != SILENCE:
            lines.append((now, line))
            now += len(line) / LETTERS + PAUSE
        else:
            now += 1.0
    return lines
