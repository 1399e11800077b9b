"""Little films with known truth, as the JPEG windows that an engine gets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.engine import GenerationRequest, Kind, Picture, Turn
from models.sketch.eyes import Eyes
from models.sketch.look import look
from models.sketch.narrator import reply
from models.sketch.pictures import decode
from models.sketch.scene import Scene

Image = NDArray[np.uint8]
Film = Callable[[float], Image]
"""The picture at a time in seconds: (HEIGHT, WIDTH, 3) uint8 BGR."""

WIDTH, HEIGHT = 640, 360

BGR = {
    "black": (12, 12, 12),
    "white": (245, 245, 245),
    "red": (30, 30, 210),
    "orange": (20, 130, 250),
    "yellow": (30, 215, 245),
    "blue": (210, 90, 30),
}


@dataclass(frozen=True)
class Mover:
    """A thing: centre at time 0 and velocity, both in pixels (a second); radius in pixels."""

    colour: str
    x: float
    y: float
    vx: float = 0.0
    vy: float = 0.0
    size: float = 40.0
    bar: bool = False

    def draw(self, image: Image, t: float) -> None:
        x, y = round(self.x + self.vx * t), round(self.y + self.vy * t)
        size = round(self.size)
        if self.bar:
            ends = (x - size // 3, y - size), (x + size // 3, y + size)
            cv2.rectangle(image, *ends, BGR[self.colour], -1)
        else:
            cv2.circle(image, (x, y), size, BGR[self.colour], -1, cv2.LINE_AA)


def plain(colour: str) -> Image:
    """One colour all over."""
    return np.full((HEIGHT, WIDTH, 3), BGR[colour], np.uint8)


def textured(seed: int, base: tuple[int, int, int] = (120, 130, 125), depth: int = 28) -> Image:
    """Blotches around ``base``, as a wall or a meadow has them."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(-depth, depth, (23, 40, 1)).astype(np.float32)
    fine = rng.uniform(-depth / 2, depth / 2, (90, 160, 1)).astype(np.float32)
    blotches = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    blotches = blotches + cv2.resize(fine, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    shaded = np.clip(np.array(base, np.float32) + blotches[:, :, None], 0, 255)
    return np.asarray(shaded, dtype=np.uint8)


def film(
    backdrop: Image,
    *movers: Mover,
    light: Callable[[float], float] = lambda _: 1.0,
    noise: float = 0.0,
) -> Film:
    """Movers before a backdrop; ``noise`` is the camera's, a standard deviation."""

    def at(t: float) -> Image:
        image = backdrop.copy()
        for mover in movers:
            mover.draw(image, t)
        values = np.asarray(image * light(t), np.float64)
        if noise:
            rng = np.random.default_rng(int(t * 1000) + 100_000)
            values += rng.normal(0, noise, image.shape)
        return np.asarray(np.clip(values, 0, 255), np.uint8)

    return at


def window(film: Film, end: float, *, pictures: int = 4, gap: float = 1.0) -> tuple[Picture, ...]:
    """What the agent sends: every other picture of two a second, JPEG of quality 80."""
    shown = []
    for back in range(pictures - 1, -1, -1):
        _, data = cv2.imencode(".jpg", film(end - back * gap), [cv2.IMWRITE_JPEG_QUALITY, 80])
        shown.append(Picture(data.tobytes(), -back * gap))
    return tuple(shown)


_eyes = Eyes()


def measured(pictures: Sequence[Picture]) -> Scene:
    """The facts alone."""
    return look(decode(pictures), [p.time for p in pictures], [p.objects for p in pictures])


def said(
    pictures: Sequence[Picture],
    *,
    history: Sequence[str] = (),
    text: str = "Say what happens.",
    kind: Kind = "commentary",
    room: str = "lobby",
) -> str:
    """What the engine says, empty when nothing."""
    turns = tuple(Turn("assistant", line) for line in history)
    request = GenerationRequest(
        history=turns, pictures=tuple(pictures), text=text, kind=kind, room=room
    )
    return " ".join(reply(request, _eyes))


def answered(pictures: Sequence[Picture], question: str) -> str:
    """The answer to a question."""
    return said(pictures, text=question, kind="answer")
