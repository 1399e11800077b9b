"""The last picture of a lost source, marked as what it is. Pure: I420 in, I420 out."""

from __future__ import annotations

import unicodedata

import cv2
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.uint8]

DIMMED = 0.35
"""What is left of the picture's brightness."""

BLACK, GREY, WHITE = 16, 128, 235

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_CAPITALS = 22.0
"""Pixels: height of the font's capitals at scale 1."""

_TEXT_HEIGHT = (9.0, 48.0)
"""Pixels: the smallest that can be read, and the largest that is needed."""

_OF_PICTURE = 1 / 18
"""The text's height as a part of the picture's."""

_LINE = 1.9
"""Distance of two rows in heights of the text."""

_WIDEST = 0.92
"""Part of the picture's width that a row may take."""

_GAP = 1.4
"""Width of the gap with the dot between two parts of a row, in heights of the text."""


def black(width: int, height: int) -> Plane:
    """An I420 picture with nothing on it; both sizes even, in pixels."""
    picture = np.full((height * 3 // 2, width), GREY, np.uint8)
    picture[:height] = BLACK
    return picture


def mark(i420: Plane, title: str, name: str, since: str) -> Plane:
    """A dark grey copy of the picture with `title · name · since` across its middle.

    `i420` is uint8 of shape (height * 3 / 2, width), both sizes even, as the result is. The three
    parts stand in one row where they are large enough to be read, else in a row each; what is still
    too long is cut. Letters that the font lacks are written without their accents or as `?`.
    """
    height, width = i420.shape[0] * 2 // 3, i420.shape[1]
    marked = np.full_like(i420, GREY)
    luma = marked[:height]
    cv2.convertScaleAbs(i420[:height], dst=luma, alpha=DIMMED, beta=BLACK * (1 - DIMMED))
    parts = [_plain(part) for part in (title, name, since)]
    size = min(max(height * _OF_PICTURE, _TEXT_HEIGHT[0]), _TEXT_HEIGHT[1])
    rows = [parts] if _width(parts, size) <= width * _WIDEST else [[part] for part in parts]
    size = min(size, height / (len(rows) * _LINE + 1))
    top = round(height / 2 - len(rows) * size * _LINE / 2)
    band = luma[max(top - round(size / 2), 0) : height - max(top - round(size / 2), 0)]
    band[:] = band // 3 + BLACK * 2 // 3
    for number, row in enumerate(rows):
        baseline = top + round(size * (number * _LINE + (_LINE + 1) / 2))
        _write(luma, [_fitting(part, size, width * _WIDEST) for part in row], size, baseline)
    return marked


def _plain(text: str) -> str:
    """What the font can write."""
    folded = unicodedata.normalize("NFKD", text)
    kept = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return "".join(letter if " " <= letter <= "~" else "?" for letter in kept)


def _stroke(size: float) -> int:
    return max(1, round(size / 9))


def _part_width(text: str, size: float) -> int:
    return cv2.getTextSize(text, _FONT, size / _CAPITALS, _stroke(size))[0][0]


def _width(parts: list[str], size: float) -> float:
    return sum(_part_width(part, size) for part in parts) + size * _GAP * (len(parts) - 1)


def _fitting(text: str, size: float, widest: float) -> str:
    """As much of the text as there is room for."""
    if _part_width(text, size) <= widest:
        return text
    while text and _part_width(text + "...", size) > widest:
        text = text[:-1]
    return text + "..."


def _write(luma: Plane, parts: list[str], size: float, baseline: int) -> None:
    """Write a row in the middle of the picture, dots between its parts."""
    left = (luma.shape[1] - _width(parts, size)) / 2
    for number, part in enumerate(parts):
        if number:
            centre = (round(left + size * _GAP / 2), baseline - round(size / 2))
            cv2.circle(luma, centre, max(1, round(size / 8)), WHITE, cv2.FILLED, cv2.LINE_AA)
            left += size * _GAP
        cv2.putText(
            luma,
            part,
            (round(left), baseline),
            _FONT,
            size / _CAPITALS,
            WHITE,
            _stroke(size),
            cv2.LINE_AA,
        )
        left += _part_width(part, size)
