"""The last picture of a lost source, marked as what it is. Pure: I420 in, I420 out."""

from __future__ import annotations

import unicodedata

import cv2
import numpy as np

from agent.picture.picture import Plane

DIMMED = 0.35
"""What is left of the picture's brightness."""

BLACK, GREY, WHITE = 16, 128, 235

SMALLEST, LARGEST = 9.0, 48.0
"""Pixels: height of a text that can just be read, and of the largest that is needed."""

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_CAPITALS = 22.0
"""Pixels: height of the font's capitals at scale 1."""

_LINE = 1.9
"""Distance of two rows in heights of the text."""

_WIDEST = 0.92
"""Part of the picture's width that a row may take."""


def mark(i420: Plane, title: str, name: str, since: str) -> Plane:
    """A dark grey copy of the picture with `title - name - since` across its middle.

    `i420` is uint8 of shape (height * 3 / 2, width), both sizes even, as the result is. The three
    parts stand in one row where they are large enough to be read, else in a row each; what is still
    too long is cut. Letters that the font lacks are written without their accents or as `?`.
    """
    height, width = i420.shape[0] * 2 // 3, i420.shape[1]
    marked = np.full_like(i420, GREY)
    luma = marked[:height]
    cv2.convertScaleAbs(i420[:height], dst=luma, alpha=DIMMED, beta=BLACK * (1 - DIMMED))
    rows = [_plain(part) for part in (title, name, since)]
    size = min(max(height / 18, SMALLEST), LARGEST)
    if _width(" - ".join(rows), size) <= width * _WIDEST:
        rows = [" - ".join(rows)]
    size = min(size, height / (len(rows) * _LINE + 1))
    top = round(height / 2 - len(rows) * size * _LINE / 2)
    edge = max(top - round(size / 2), 0)
    luma[edge : height - edge] = luma[edge : height - edge] // 3 + BLACK * 2 // 3
    for number, row in enumerate(rows):
        text = _fitting(row, size, width * _WIDEST)
        left = round((width - _width(text, size)) / 2)
        baseline = top + round(size * (number * _LINE + (_LINE + 1) / 2))
        scale, stroke = size / _CAPITALS, _stroke(size)
        cv2.putText(luma, text, (left, baseline), _FONT, scale, WHITE, stroke, cv2.LINE_AA)
    return marked


def _plain(text: str) -> str:
    """What the font can write."""
    folded = unicodedata.normalize("NFKD", text)
    kept = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return "".join(letter if " " <= letter <= "~" else "?" for letter in kept)


def _stroke(size: float) -> int:
    return max(1, round(size / 9))


def _width(text: str, size: float) -> int:
    return cv2.getTextSize(text, _FONT, size / _CAPITALS, _stroke(size))[0][0]


def _fitting(text: str, size: float, widest: float) -> str:
    """As much of the text as there is room for."""
    if _width(text, size) <= widest:
        return text
    while text and _width(text + "...", size) > widest:
        text = text[:-1]
    return text + "..."
