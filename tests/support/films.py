"""Films with a script: real persons, cars and rooms, and what happens in them when is known.

Rendered at need into a folder of the cache.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av
import cv2
import numpy as np

from launcher.livekit_server import cache_dir
from tests.support import cutouts
from tests.support.cutouts import HEIGHT, WIDTH, CutOut, Image
from tests.support.ordinary_priority import ordinary_priority

FPS = 12.5
SPEED = 150.0
"""Pixels a second at which persons walk."""

DRIVING = 260.0
STEP, BOB = 1.9, 3.0
"""Steps a second, and how far a walker goes up and down with each, in pixels."""

FADE = 0.25
"""Seconds in which a light goes out."""

NOISES = 16
_PERSON_SCALE = 0.85

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
    scale: float = _PERSON_SCALE
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


@dataclass(slots=True)
class _Script:
    """Collects what happens."""

    actors: list[Actor] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def visit(
        self, who: str, come: float, side: Side, stay: float, leave: float, off: Side
    ) -> None:
        """Somebody comes in (half of them is in the picture at `come`), stays at x, and leaves
        (half is out at `leave`, and the last of them some tenths later: then they have left).
        """
        width, y = cutouts.person(who).size[0], HEIGHT - 190.0
        begin, end = _edge(side, WIDTH), _edge(off, WIDTH)
        out = width / SPEED
        arrive, go = come + abs(stay - begin) / SPEED, leave - abs(stay - end) / SPEED
        if go < arrive:
            raise ValueError(f"{who} leaves at {leave} s before they have arrived")
        path = (
            (come - out, _beyond(side, begin, width), y),
            (arrive, stay, y),
            (go, stay, y),
            (leave + out, _beyond(off, end, width), y),
        )
        self.actors.append(Actor(who, path, mirrored=side == "right"))
        gone = leave + width * _PERSON_SCALE / 2 / SPEED
        self.events += [Event(come, "came", side), Event(round(gone, 2), "left", off)]

    def drive(self, who: str, come: float, side: Side, x: float) -> None:
        """A car comes in at the top or bottom and goes through."""
        length = 350.0
        begin, end = _edge(side, HEIGHT), HEIGHT - _edge(side, HEIGHT)
        away = length / DRIVING
        through = HEIGHT / DRIVING
        first, last = (length, -length) if side == "bottom" else (-length, length)
        path = (
            (come - away, x, begin + first),
            (come, x, begin),
            (come + through, x, end),
            (come + through + away, x, end + last),
        )
        self.actors.append(Actor(who, path, scale=0.9, walks=False))
        self.events.append(Event(come, "car", side))

    def put(self, at: float, taken: float, x: float) -> None:
        """A hand puts a cup on the desk, and takes it later."""
        y, up = 270.0, -160.0
        cup = ((at - 0.8, x, up), (at, x, y), (taken, x, y), (taken + 0.8, x, up))
        hand = ((at - 0.8, x, up), (at, x, y), (at + 0.3, x, y), (at + 1.1, x, up))
        back = ((taken - 1.1, x, up), (taken - 0.3, x, y), (taken, x, y), (taken + 0.8, x, up))
        self.actors.append(Actor("cup", cup, scale=1.0, walks=False))
        self.actors += [Actor("hand", path, scale=1.0, walks=False) for path in (hand, back)]
        self.events += [Event(at, "put", "desk"), Event(taken, "taken", "desk")]

    def film(self, name: str, seconds: float, *more: Event, **options: Any) -> Film:
        """All of it as a film."""
        events = sorted([*self.events, *more], key=lambda event: event.time)
        return Film(name, seconds, tuple(self.actors), tuple(events), **options)


def films() -> dict[str, Film]:
    """All of them by name. Needs the footage."""
    made = (_visits(), _traffic(), _lights(), _desk(), _busy(), _webcam(), _watched(), *_quiet())
    return {film.name: film for film in made}


def rendered(film: Film, folder: Path | None = None) -> Path:
    """The film as a file, made if it is not there."""
    folder = folder or cache_dir().parent.parent / "films"
    folder.mkdir(parents=True, exist_ok=True)
    sources = Path(__file__).read_bytes() + Path(cutouts.__file__).read_bytes()
    sign = hashlib.sha256(repr(film).encode() + sources).hexdigest()[:12]
    path = folder / f"{film.name}-{sign}.mp4"
    if not path.is_file():
        part = path.with_suffix(".part.mp4")
        _write(_noisy(film), part)
        part.replace(path)
        for old in folder.glob(f"{film.name}-*.mp4"):
            if old != path:
                old.unlink(missing_ok=True)
    return path


def _visits() -> Film:
    script = _Script()
    script.visit("man in a shirt", 8, "left", 250, 22, "left")
    script.visit("woman in grey", 30, "right", 520, 46, "left")
    script.visit("man in black", 62, "left", 380, 74, "right")
    script.visit("woman in grey", 84, "right", 560, 104, "right")
    script.visit("man in a shirt", 90, "left", 240, 98, "left")
    return script.film("visits", 116)


def _traffic() -> Film:
    script = _Script()
    script.drive("white car", 8, "bottom", 300)
    script.drive("blue car", 20, "top", 480)
    script.drive("red car", 36, "bottom", 260)
    script.drive("white car", 46, "bottom", 520)
    return script.film("traffic", 60, scenes=((0.0, "road"),))


def _lights() -> Film:
    events = (Event(12, "dark"), Event(26, "lit"), Event(40, "cut"), Event(56, "cut"))
    return _Script().film(
        "lights",
        70,
        *events,
        scenes=((0.0, "room"), (40.0, "road"), (56.0, "room")),
        lights=((0.0, 1.0), (12.0, 0.12), (26.0, 1.0)),
    )


def _desk() -> Film:
    script = _Script()
    script.put(10, 26, 300)
    script.put(42, 58, 480)
    return script.film("desk", 70, scenes=((0.0, "desk"),))


def _busy() -> Film:
    script = _Script()
    people = list(cutouts.PERSONS)
    for number in range(12):
        side: Side = "left" if number % 2 else "right"
        off: Side = "right" if number % 3 else side
        come = 3 + number * 4.5
        stay = 200.0 + number * 97 % 380
        there = abs(stay - _edge(side, WIDTH)) + abs(stay - _edge(off, WIDTH))
        script.visit(people[number % 3], come, side, stay, come + there / SPEED + 1, off)
    return script.film("busy", 66)


def _webcam() -> Film:
    script = _Script()
    script.visit("man in black", 20, "right", 430, 52, "right")
    script.visit("woman in grey", 80, "left", 330, 102, "right")
    return script.film("webcam", 120, noise=2.5, drift=0.02)


def _watched() -> Film:
    """For alert rules: each of their conditions comes true at known times."""
    script = _Script()
    script.visit("man in a shirt", 10, "left", 200, 28, "left")
    script.visit("woman in grey", 62, "right", 580, 78, "right")
    dark = (Event(38, "dark"), Event(48, "lit"))
    return script.film("watched", 90, *dark, lights=((0.0, 1.0), (38.0, 0.1), (48.0, 1.0)))


def _quiet() -> tuple[Film, ...]:
    still = Film("still", 60)
    night = replace(still, name="night", lights=((0.0, 0.08),), noise=5.0)
    return still, night


def _edge(side: Side, size: int) -> float:
    return 0.0 if side in ("left", "top") else float(size)


def _beyond(side: Side, edge: float, width: float) -> float:
    return edge - width if side == "left" else edge + width


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
    width, height = 110, 420
    colours = np.full((height, width, 3), (110, 140, 200), np.uint8)
    cover = np.zeros((height, width), np.float32)
    cv2.rectangle(colours, (0, 0), (width, 120), (60, 50, 45), -1)
    cv2.fillPoly(cover, [np.array([(15, 0), (95, 0), (75, 170), (35, 170)])], 1.0)
    cv2.ellipse(cover, (55, 185), (32, 28), 0, 0, 360, 1.0, -1)
    for x in (34, 48, 62, 76):
        cv2.line(cover, (x, 195), (x, 225), 1.0, 11)
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
    with av.open(str(path), "w") as container, ordinary_priority():
        video: Any = container.add_stream("libx264", rate=rate, options=options)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = number, 1 / rate
            container.mux(video.encode(frame))
        container.mux(video.encode(None))


def described(events: Sequence[Event]) -> list[dict[str, object]]:
    """For JSON."""
    return [{"time": e.time, "kind": e.kind, "place": e.place} for e in events]
