"""Real footage: it survives the real world, is true to it, and does not repeat itself."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.engine import claims
from tests.engine.scenes import Film, Image, answered, measured, said, window

MEDIA = Path(__file__).resolve().parents[3] / "shared" / "media"


def footage(name: str) -> tuple[Film, float]:
    """A film and its length in seconds; skips where it is not there."""
    path = MEDIA / name
    if not path.is_file():
        pytest.skip(f"no footage at {path.parent.name}/{name}")
    capture = cv2.VideoCapture(str(path))
    rate = capture.get(cv2.CAP_PROP_FPS)
    frames: list[Image] = []
    while True:
        found, frame = capture.read()
        if not found:
            break
        small = cv2.resize(frame, (640, 360), interpolation=cv2.INTER_AREA)
        frames.append(np.asarray(small, np.uint8))
    return (lambda t: frames[min(len(frames) - 1, round(t * rate))]), len(frames) / rate


def told(film: Film, end: float) -> list[tuple[float, str]]:
    """A commentator's lines with their times; one speaks fifteen letters a second."""
    lines: list[tuple[float, str]] = []
    now = 3.0
    while now < end:
        line = said(window(film, now), history=[text for _, text in lines[-6:]])
        if line:
            lines.append((now, line))
        now += 1.0 + len(line) / 15
    return lines


def test_cars() -> None:
    film, length = footage("cars.mp4")
    lines = told(film, length)
    texts = [text for _, text in lines]
    assert len(texts) >= 5
    assert len(set(texts)) == len(texts)
    assert claims.colours(" ".join(texts)) <= {"white", "grey", "red", "black"}
    assert not measured(window(film, 14.0)).things  # an empty road
    red = [one for one in measured(window(film, 18.0)).things if "red" in one.colour]
    assert [one.heading for one in red] == ["up"]
    white = [one for one in measured(window(film, 18.0)).things if "white" in one.colour]
    assert [one.heading for one in white] == ["down"]
    assert claims.directions(answered(window(film, 17.0), "Where is the red car going?")) == {"up"}


def test_people() -> None:
    film, length = footage("people.mp4")
    lines = told(film, min(length, 90.0))
    texts = [text for _, text in lines]
    assert len(texts) >= 10
    assert all(one != two for one, two in pairwise(texts))
    assert len(set(texts)) > 0.8 * len(texts)
    assert not any("face" in text for text in texts)  # they show their backs
    assert any(thing.person for thing in measured(window(film, 24.0)).things)
    assert measured(window(film, 15.0)).light.change == ""
    assert not any(measured(window(film, float(end))).cut for end in range(3, 40, 4))
