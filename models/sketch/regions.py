"""The things in each picture that are not the still scene. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.sketch import background
from models.sketch.background import Features
from models.sketch.colours import main_colour
from models.sketch.pictures import Image, Mask

MAX_REGIONS = 8
_LEAST_SHARE = 0.0015
_JOIN = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
_SHADE_COLOUR = 20.0
_LEAST_BARE = 0.15
_CORE = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """Something in one picture.

    Attributes:
        x, y: Its centre; 0 to 1 from left to right and from top to bottom.
        box: Left, top, right, bottom, in the same units.
        share: Its area as a share of the picture.
        lab: Mean colour in scaled Lab.
        colour: A name, or empty.
        shape: ``round``, ``square``, or empty where neither was measured.
        edges: Which borders of the picture it touches: of ``left top right bottom``.
        shadow: Whether it may be a shadow: the background, only darker.
        mask: (height, width) of the picture, where it is.
        hollow: Holes in the mask.
    """

    x: float
    y: float
    box: tuple[float, float, float, float]
    share: float
    lab: NDArray[np.float64]
    colour: str
    shape: str
    edges: frozenset[str]
    shadow: bool
    mask: Mask
    hollow: Mask


def find(
    images: Sequence[Image], frames: Sequence[Features], threshold: float
) -> list[list[Region]]:
    """The regions of each picture, largest first.

    ``images`` are BGR with their true light, ``frames`` the same with equal light.
    """
    still, around = background.estimate(frames, threshold)
    masks = [_masks(frame, still, threshold) for frame in frames]
    repaired = _repaired(frames, masks, still, around, threshold)
    if repaired is not None:
        masks = [_masks(frame, repaired, threshold) for frame in frames]
        still = repaired
    return [
        _without_shadows(
            [
                _measured(mask, image, frame, still)
                for mask in found
                if not background.is_ghost(mask, frame, still)
            ]
        )
        for found, image, frame in zip(masks, images, frames, strict=True)
    ]


def _masks(frame: Features, still: Features, threshold: float) -> list[Mask]:
    """Connected pieces; those that nearly touch are one."""
    mask = background.foreground(frame, still, threshold)
    if not mask.any():
        return []
    count, labels = cv2.connectedComponents(cv2.dilate(mask.astype(np.uint8), _JOIN))
    areas = np.bincount(labels[mask], minlength=count)
    least = _LEAST_SHARE * mask.size
    order = [at for at in np.argsort(-areas) if at != 0 and areas[at] >= least]
    return [(labels == at) & mask for at in order[:MAX_REGIONS]]


def _repaired(
    frames: Sequence[Features],
    masks: Sequence[Sequence[Mask]],
    still: Features,
    around: Image,
    threshold: float,
) -> Features | None:
    """The background without things that it holds by mistake, None when there are none."""
    lab = None
    for frame, found in zip(frames, masks, strict=True):
        for mask in found:
            wrong = mask
            if not background.is_ghost(mask, frame, still):
                wrong = background.laid_bare(mask, frame, still, around, threshold)
                if wrong.sum() < max(_LEAST_BARE * mask.sum(), _LEAST_SHARE * mask.size):
                    continue
                if not background.is_ghost(wrong, frame, still):
                    continue
            lab = still.lab.copy() if lab is None else lab
            whole = cv2.dilate(wrong.astype(np.uint8), _CORE, iterations=2) > 0
            lab[whole] = frame.lab[whole]
    return None if lab is None else background.features(lab)


def _measured(mask: Mask, image: Image, frame: Features, still: Features) -> Region:
    height, width = mask.shape
    left, top, wide, high = cv2.boundingRect(mask.astype(np.uint8))
    shaded = _shaded(frame.lab[mask], still.lab[mask])
    area = _solid(mask, shaded)
    core = cv2.erode(area, _CORE, iterations=2) > 0
    inside = core if core.sum() >= 20 else mask
    whole = _filled(mask)
    rows, columns = np.nonzero(whole)
    edges = _touched(left, top, wide, high, width, height)
    return Region(
        x=float(columns.mean() + 0.5) / width,
        y=float(rows.mean() + 0.5) / height,
        box=(left / width, top / height, (left + wide) / width, (top + high) / height),
        share=float(whole.mean()),
        lab=frame.lab[inside].mean(axis=0),
        colour=main_colour(image[inside]),
        shape="" if edges else _shape(area),
        edges=edges,
        shadow=bool(shaded.mean() > 0.6),
        mask=mask,
        hollow=whole & ~mask,
    )


def _filled(mask: Mask) -> Mask:
    """Without holes."""
    area = mask.astype(np.uint8)
    contours, _ = cv2.findContours(area, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return cv2.drawContours(area, contours, -1, 1, thickness=cv2.FILLED) > 0


def _solid(mask: Mask, shaded: Mask) -> NDArray[np.uint8]:
    """The region without the shadow that hangs on to it, where that is a small part."""
    area = mask.astype(np.uint8)
    if not shaded.any() or shaded.mean() > 0.35:
        return area
    area[mask] = ~shaded
    return np.asarray(cv2.morphologyEx(area, cv2.MORPH_OPEN, _JOIN), dtype=np.uint8)


def _shaded(pixels: NDArray[np.uint8], behind: NDArray[np.uint8]) -> Mask:
    """Which pixels have light and colour of the background times one factor below 1."""
    ground = behind.astype(np.float32)
    factor = pixels[:, 0] / np.maximum(ground[:, 0], 1.0)
    expected = 128 + factor[:, None] * (ground[:, 1:] - 128)
    apart = np.abs(pixels[:, 1:] - expected).max(axis=1)
    return np.asarray((factor > 0.4) & (factor < 0.93) & (apart < _SHADE_COLOUR))


def _without_shadows(found: Sequence[Region]) -> list[Region]:
    """Without shades that lie beside something larger, which casts them."""
    solid = [region for region in found if not region.shadow]
    return [
        region
        for region in found
        if not region.shadow or not any(_beside(region, other) for other in solid)
    ]


def _beside(shade: Region, other: Region) -> bool:
    left, top, right, bottom = other.box
    near = left - 0.06 < shade.x < right + 0.06 and top - 0.1 < shade.y < bottom + 0.2
    return near and shade.share < other.share


def _touched(left: int, top: int, wide: int, high: int, width: int, height: int) -> frozenset[str]:
    touched = {
        "left": left <= 1,
        "top": top <= 1,
        "right": left + wide >= width - 1,
        "bottom": top + high >= height - 1,
    }
    return frozenset(name for name, yes in touched.items() if yes)


def _shape(area: NDArray[np.uint8]) -> str:
    """By how well the outline fills its enclosing circle and its smallest rectangle."""
    contours, _ = cv2.findContours(area, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return ""
    outline = max(contours, key=cv2.contourArea)
    filled = cv2.contourArea(outline)
    if filled < 120 or filled < 0.85 * area.sum():
        return ""
    _, radius = cv2.minEnclosingCircle(outline)
    _, sides, _ = cv2.minAreaRect(outline)
    if filled > 0.86 * np.pi * radius**2:
        return "round"
    even = min(sides) > 0.85 * max(sides)
    return "square" if even and filled > 0.9 * sides[0] * sides[1] else ""
