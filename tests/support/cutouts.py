"""Persons and cars cut out of real footage, and its empty scenes, for films with a script."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

MEDIA = Path(__file__).resolve().parents[3] / "shared" / "media"
PEOPLE, CARS = MEDIA / "people.mp4", MEDIA / "cars.mp4"
WIDTH, HEIGHT = 768, 432

DIFFERENT = 30
"""Grey levels from which on a pixel is not of the empty scene."""

SMALLEST = 2_000
"""Pixels of a cut-out: what is smaller is a shadow."""

PERSONS = {"man in black": 406, "man in a shirt": 812, "woman in grey": 1044}
"""Numbers of pictures of people.mp4 in which one person stands, whole."""

CAR_PICTURES = {"white car": 80, "red car": 208, "blue car": 208}


@dataclass(frozen=True, slots=True)
class CutOut:
    """colours: (h, w, 3) uint8 BGR. cover: (h, w, 1) float32, 0 to 1."""

    colours: Image
    cover: NDArray[np.float32]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.colours.shape[1], self.colours.shape[0]

    def scaled(self, by: float, *, mirrored: bool = False) -> CutOut:
        """As large, or small."""
        width, height = self.size
        size = (round(width * by), round(height * by))
        colours = cv2.resize(self.colours, size, interpolation=cv2.INTER_AREA)
        cover = cv2.resize(self.cover, size, interpolation=cv2.INTER_AREA)
        if mirrored:
            colours, cover = cv2.flip(colours, 1), cv2.flip(cover, 1)
        return CutOut(np.asarray(colours, np.uint8), np.asarray(cover, np.float32)[:, :, None])

    def paste(self, onto: Image, left: float, top: float) -> None:
        """Draw it, in place; what lies outside is left out. Moves by parts of a pixel."""
        x, y = int(np.floor(left)), int(np.floor(top))
        shift = np.array([[1, 0, left - x], [0, 1, top - y]], np.float32)
        size = (self.size[0] + 1, self.size[1] + 1)
        colours = cv2.warpAffine(self.colours, shift, size, borderMode=cv2.BORDER_REPLICATE)
        cover = cv2.warpAffine(self.cover, shift, size)[:, :, None]
        height, width = onto.shape[:2]
        x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + size[0], width), min(y + size[1], height)
        if x0 >= x1 or y0 >= y1:
            return
        part = np.s_[y0 - y : y1 - y, x0 - x : x1 - x]
        under = onto[y0:y1, x0:x1]
        onto[y0:y1, x0:x1] = (
            under + (colours[part] - under.astype(np.float32)) * cover[part]
        ).round()


@cache
def room() -> Image:
    """A room with a table, and nobody in it: (HEIGHT, WIDTH, 3) uint8 BGR."""
    return _pictures(PEOPLE, (5,))[5]


@cache
def road() -> Image:
    """A road from above without cars."""
    return _pictures(CARS, (5,))[5]


@cache
def person(name: str) -> CutOut:
    """One of PERSONS."""
    number = PERSONS[name]
    return _largest(_mask(_pictures(PEOPLE, (number,))[number], room()), number, PEOPLE)


@cache
def car(name: str) -> CutOut:
    """One of CAR_PICTURES."""
    number = CAR_PICTURES[name]
    mask = _mask(_pictures(CARS, (number,))[number], road())
    middle = 285
    if name == "red car":
        mask[:, :middle] = 0
    elif name == "blue car":
        mask[:, middle:] = 0
    return _largest(mask, number, CARS)


def _mask(picture: Image, empty: Image) -> Image:
    """Where it is not as in the empty scene, whose light is first made the same."""
    gain = np.median(picture) / np.median(empty)
    rest = np.abs(picture.astype(np.float32) - empty.astype(np.float32) * gain).max(axis=2)
    mask = (cv2.GaussianBlur(rest, (5, 5), 0) > DIFFERENT).astype(np.uint8)
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)), np.uint8)


def _largest(mask: Image, number: int, film: Path) -> CutOut:
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    best = max(contours, key=cv2.contourArea)
    if cv2.contourArea(best) < SMALLEST:
        raise RuntimeError(f"{film.name}, picture {number}: nothing to cut out")
    whole = np.zeros_like(mask)
    cv2.drawContours(whole, [best], -1, 1, -1)
    cover = cv2.GaussianBlur(cv2.erode(whole, np.ones((3, 3))).astype(np.float32), (5, 5), 0)
    x, y, width, height = cv2.boundingRect(best)
    part = np.s_[y : y + height, x : x + width]
    picture = _pictures(film, (number,))[number]
    return CutOut(picture[part].copy(), np.asarray(cover[part][:, :, None], np.float32))


@cache
def _pictures(film: Path, numbers: tuple[int, ...]) -> dict[int, Image]:
    if not film.is_file():
        where = "intel-iot-devkit/sample-videos has it"
        raise RuntimeError(f"no {film.name} in {film.parent.parent.name}/media: {where}")
    found = {}
    with av.open(str(film)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number in numbers:
                found[number] = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
            if len(found) == len(numbers):
                return found
    raise RuntimeError(f"{film.name} has no pictures {numbers}")
