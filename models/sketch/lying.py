"""What was put down or taken away: what lies still and was not there before. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from models.sketch.background import foreground, is_ghost, noise_threshold
from models.sketch.colours import main_colour
from models.sketch.pictures import Image, Mask
from models.sketch.scene import Thing

_LEAST, _MOST = 0.004, 0.06
"""Of the picture: more than noise, less than a person."""
_BORDER = 0.015
"""What reaches over it is on its way."""
_STILL = 0.1
"""Part of its place that may differ between two pictures in which it lies still."""


def changed(images: Sequence[Image], frames: Sequence[Image]) -> list[Thing]:
    """What is ``new``, or ``gone``, in the last two pictures; it ``stays`` where it was there, or
    was not, in the first two.

    ``images`` and ``frames`` are as for `movers`.
    """
    if len(frames) < 3:
        return []
    threshold = noise_threshold(frames)
    first, last = frames[0], frames[-1]
    mask = foreground(last, first, threshold)
    restless, before = (
        foreground(one, other, threshold) for one, other in ((last, frames[-2]), (first, frames[1]))
    )
    _, labels = cv2.connectedComponents(mask.astype(np.uint8))
    areas = np.bincount(labels[mask], minlength=1) / mask.size
    found = []
    for number in np.flatnonzero((areas >= _LEAST) & (areas <= _MOST)):
        piece = (labels == number) & mask
        new, gone = is_ghost(piece, first, last), is_ghost(piece, last, first)
        if restless[piece].mean() < _STILL and new != gone:
            shown = images[-1] if new else images[0]
            stays = bool(before[piece].mean() < _STILL)
            found.append(_thing(piece, main_colour(shown[piece]), new=new, stays=stays))
    return [one for one in found if min(*one.box[:2], 1 - one.box[2], 1 - one.box[3]) > _BORDER]


def _thing(piece: Mask, colour: str, *, new: bool, stays: bool) -> Thing:
    height, width = piece.shape
    left, top, wide, high = cv2.boundingRect(piece.astype(np.uint8))
    box = (left / width, top / height, (left + wide) / width, (top + high) / height)
    plain = "" if " " in colour else colour
    return Thing("", plain, box, new=new, gone=not new, stays=stays)
