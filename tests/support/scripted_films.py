"""Films with a script: real persons, cars and rooms, and what happens in them when is known.

Rendered at need into a folder of the cache. The scripts are in `film_scripts.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av
import cv2
import numpy as np

from config.folders import cache_dir
from tests.support import cutouts
from tests.support.cutouts import HEIGHT, WIDTH, CutOut, Image
from tests.support.ordinary_priority import ordinary_priority

FPS = 12.5
STEP, BOB = 1.9, 3.0
"""Steps a second, and how far a walker goes up and down with each, in pixels."""

FADE = 0.25
"""Seconds in which a light goes out."""

NOISES = 16
PERSON_SCALE = 0.85

Side = Literal["left", "right", "top", "bottom"]
Scene = Literal["room", "road", "desk"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a commentator should tell.

    time: seconds from the film's beginning; kind: came, left, car, put, taken, dark, lit, cut.
    """

    time: float
    kind: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that moves. path: (time, x, y) of the middle of the cut-out; what is
    between is in between, before and after there is nothing.
    """

    who: str
    path: tuple[tuple[float, float, float], ...]
    scale: float = PERSON_SCALE
    mirrored: bool = False
    walks: bool = True

    def draw(self, onto: Image, time: float) -> None:
        """As it is at that time."""
        times = [at for at, _, _ in self.path]
        if not times[0] <= time <= times[-1]:
            return
        x = float(np.interp(time, times, [x for _, x, _ in self.path]))
        y = float(np.interp(time, times, [y for _, _, y in self.path]))
        before = float(np.interp(time - 0.1, times, [x for _, x, _ in self.path]))
        if self.walks and abs(x - before) > 1:
            y += BOB * abs(np.sin(np.pi * STEP * time))
        shape = _shape(self)
        shape.paste(onto, x - shape.size[0] / 2, y - shape.size[1] / 2)


@dataclass(frozen=True, slots=True)
class Film:
    """A script. scenes: which one from when on; lights: (time, level) from when on, 1 is day.

    noise: standard deviation in grey levels; drift: share by which the exposure wanders.
    """

    name: str
    seconds: float
    actors: tuple[Actor, ...] = ()
    events: tuple[Event, ...] = ()
    scenes: tuple[tuple[float, Scene], ...] = ((0.0, "room"),)
    lights: tuple[tuple[float, float], ...] = ((0.0, 1.0),)
    noise: float = 1.0
    drift: float = 0.0

    def picture(self, time: float) -> Image:
        """(HEIGHT, WIDTH, 3) uint8 BGR, without noise."""
        scene = next(name for at, name in reversed(self.scenes) if at <= time)
        drawn = _scene(scene).copy()
        for actor in self.actors:
            actor.draw(drawn, time)
        level = self._light(time) * (1 + self.drift * np.sin(time / 7))
        return drawn if level == 1 else cv2.convertScaleAbs(drawn, alpha=level).astype(np.uint8)

    def _light(self, time: float) -> float:
        times, levels = [self.lights[0][0]], [self.lights[0][1]]
        for at, level in self.lights[1:]:
            times += [at - FADE / 2, at + FADE / 2]
            levels += [levels[-1], level]
        return float(np.interp(time, times, levels))


def rendered(film: Film) -> Path:
    """The film as a file, made if it is not there."""
    sources = Path(__file__).read_bytes() + Path(cutouts.__file__).read_bytes()
    sign = hashlib.sha256(repr(film).encode() + sources).hexdigest()[:12]
    return cached(film.name, sign, _noisy(film))


def cached(name: str, sign: str, pictures: Iterator[Image]) -> Path:
    """A file of these pictures ((h, w, 3) uint8 BGR, FPS a second) in the cache; those of the same
    name and another sign are taken away.
    """
    folder = cache_dir() / "films"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{sign}.mp4"
    if not path.is_file():
        part = folder / f"{name}-{sign}.part"
        _write(pictures, part)
        part.replace(path)
        for old in folder.glob(f"{name}-????????????.mp4"):
            if old != path:
                old.unlink(missing_ok=True)
    return path


_SCALED: dict[tuple[str, float, bool], CutOut] = {}


def _shape(actor: Actor) -> CutOut:
    key = (actor.who, actor.scale, actor.mirrored)
    if key not in _SCALED:
        _SCALED[key] = _cut_out(actor.who).scaled(actor.scale, mirrored=actor.mirrored)
    return _SCALED[key]


def _cut_out(who: str) -> CutOut:
    if who in cutouts.PERSONS:
        return cutouts.person(who)
    if who in cutouts.CAR_PICTURES:
        return cutouts.car(who)
    return {"cup": _cup, "hand": _hand}[who]()


def _cup() -> CutOut:
    size = (90, 110)
    colours = np.zeros((size[1], size[0], 3), np.uint8)
    cover = np.zeros((size[1], size[0]), np.float32)
    shade = (np.sin(np.linspace(0.3, np.pi - 0.1, size[0])) * 200 + 30).astype(np.uint8)
    colours[:] = np.stack([shade * 0.25, shade * 0.3, shade], axis=1).astype(np.uint8)
    cv2.fillPoly(cover, [np.array([(5, 8), (65, 8), (58, 100), (12, 100)])], 1.0)
    cv2.ellipse(cover, (35, 100), (23, 8), 0, 0, 360, 1.0, -1)
    cv2.ellipse(cover, (66, 48), (18, 24), 0, -90, 90, 1.0, 8)
    cv2.ellipse(colours, (35, 8), (30, 8), 0, 0, 360, (30, 40, 90), -1)
    cv2.ellipse(cover, (35, 8), (30, 8), 0, 0, 360, 1.0, -1)
    return CutOut(colours, cv2.GaussianBlur(cover, (3, 3), 0).astype(np.float32)[:, :, None])


def _hand() -> CutOut:
    """An arm that comes from above, its hand in the middle."""
    width, height = 110, 800
    colours = np.full((height, width, 3), (110, 140, 200), np.uint8)
    cover = np.zeros((height, width), np.float32)
    cv2.rectangle(colours, (0, 0), (width, 310), (60, 50, 45), -1)
    cv2.fillPoly(cover, [np.array([(10, 0), (100, 0), (75, 360), (35, 360)])], 1.0)
    cv2.ellipse(cover, (55, 375), (32, 28), 0, 0, 360, 1.0, -1)
    for x in (34, 48, 62, 76):
        cv2.line(cover, (x, 385), (x, 415), 1.0, 11)
    return CutOut(colours, cv2.GaussianBlur(cover, (5, 5), 0).astype(np.float32)[:, :, None])


def _scene(name: Scene) -> Image:
    if name == "room":
        return cutouts.room()
    return cutouts.road() if name == "road" else _desk_top()


def _desk_top() -> Image:
    """A desk of the floor's wood before the wall."""
    room = cutouts.room()
    scene = np.empty_like(room)
    scene[:160] = cv2.resize(room[40:200, 120:360], (WIDTH, 160))
    scene[160:] = cv2.resize(room[330:430, :300], (WIDTH, HEIGHT - 160))
    return scene


def _noisy(film: Film) -> Iterator[Image]:
    random = np.random.default_rng(1)
    bank = [
        np.round(random.normal(0, film.noise, (HEIGHT, WIDTH, 1))).astype(np.int16)
        for _ in range(NOISES)
    ]
    for number in range(round(film.seconds * FPS)):
        picture = film.picture(number / FPS).astype(np.int16)
        grain = np.roll(bank[random.integers(NOISES)], int(random.integers(WIDTH)), axis=1)
        yield np.clip(picture + grain, 0, 255).astype(np.uint8)


def _write(pictures: Iterator[Image], path: Path) -> None:
    rate = Fraction(FPS).limit_denominator(1000)
    options = {"preset": "veryfast", "crf": "18", "bf": "0", "threads": "1"}
    with av.open(str(path), "w", format="mp4") as container, ordinary_priority():
        video: Any = container.add_stream("libx264", rate=rate, options=options)
        for number, picture in enumerate(pictures):
            if not number:
                video.height, video.width = picture.shape[:2]
                video.pix_fmt = "yuv420p"
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = number, 1 / rate
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
