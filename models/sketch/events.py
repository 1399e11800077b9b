"""What of a scene is worth saying, each thing in several wordings. Pure.

No wording says more than was measured: a thing has a colour and a shape, never a name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from models.sketch import words
from models.sketch.scene import Scene, Thing
from models.sketch.things import GROWN, SHRUNK

RECENT = 1.6
"""Seconds after which a thing's leaving is no news."""
_ACROSS = 0.4


@dataclass(frozen=True, slots=True)
class Event:
    """Something to say.

    Attributes:
        kind: Groups wordings of one sort.
        weight: How much it matters, 0 to 100.
        lines: Wordings that stand alone.
        sequels: Wordings for when the thing was named just before.
        further: The same, when the way it goes was named just before, too.
        name: What is to be in the last line for a sequel to be understood.
        way: What is to be in it for a further one to be true.
    """

    kind: str
    weight: float
    lines: tuple[str, ...]
    sequels: tuple[str, ...] = ()
    further: tuple[str, ...] = ()
    name: str = ""
    way: str = ""


def events(scene: Scene) -> list[Event]:
    """Everything that can be said of ``scene``."""
    found = [*_light(scene), *_camera(scene), *_several(scene)]
    for thing in scene.things:
        found += _about(thing)
    return [*found, *_faces(scene), *_little(scene)]


def overview(scene: Scene) -> Event:
    """The picture as a whole, for the first look."""
    if scene.light.black:
        return _event("overview", 66, "The picture is almost black", "All I get is darkness")
    bright = words.brightness(scene.light.level)
    tone = words.colours(scene.colours)
    looks = words.listed([word for word in (bright, tone) if word]) or "full of colours"
    lines = [f"The picture is {looks}", f"We look at a picture that is {looks}"]
    if scene.still:
        lines = [f"{line}. Nothing moves in it" for line in lines]
    return _event("overview", 66, *lines)


def _event(kind: str, weight: float, *lines: str) -> Event:
    return Event(kind, weight, tuple(words.sentence(line) for line in lines))


def _light(scene: Scene) -> Iterator[Event]:
    change = scene.light.change
    bright = words.brightness(scene.light.level)
    if change == "out":
        yield _event(
            "out",
            100,
            "The light goes out",
            "It has gone dark",
            f"Lights out: the picture is {bright or 'dim'} now",
            "And suddenly it is dark",
        )
    elif change == "on":
        yield _event(
            "on",
            100,
            "The light is on",
            "It is light now",
            "Out of the dark, there is a picture again",
            "The darkness is over",
        )
    elif change == "darker":
        yield _event("darker", 38, "It gets darker", "The light fades a little", "Less light now")
    elif change == "brighter":
        yield _event("brighter", 38, "It gets brighter", "There is more light now", "Brighter now")
    elif scene.light.black:
        yield _event("dark", 30, "It is too dark to see anything", "Nothing but darkness")


def _camera(scene: Scene) -> Iterator[Event]:
    tone = words.colours(scene.colours)
    if scene.cut and not scene.restless:
        plain = ["Another picture now", "The view has changed", "The scene changes"]
        if tone:
            told = [f"A new scene, {tone}", f"Now for something else: a picture {tone}"]
            plain = [*told, f"The view has changed, it is {tone} now"]
        yield _event("cut", 90, *plain)
    if scene.pan:
        way = words.heading(scene.pan).replace("wards", "")
        yield _event(
            "pan",
            66,
            f"The camera turns {way}",
            f"The view swings {way}",
            f"The camera keeps turning {way}",
        )
    if scene.restless:
        yield _event(
            "restless",
            50,
            "Everything in the picture is moving",
            "The whole picture is in motion",
            "There is movement everywhere",
        )


def _several(scene: Scene) -> Iterator[Event]:
    moving = [thing for thing in scene.present if thing.heading and not thing.stopped]
    if len(moving) < 2:
        return
    one, two = moving[:2]
    names = words.thing(one), words.thing(two)
    count = words.number(len(moving))
    ways = words.heading(one.heading), words.heading(two.heading)
    lines = [
        f"{count} things are moving: {names[0]} {words.place(one.place)} "
        f"and {names[1]} {words.place(two.place)}"
        if len(moving) == 2
        else f"{count} things are moving at once"
    ]
    if names[0] != names[1]:
        same = ways[0] == ways[1]
        lines += [
            f"{names[0]} and {names[1]} both move {ways[0]}"
            if same
            else f"{names[0]} moves {ways[0]}, {names[1]} moves {ways[1]}",
            f"{names[0]} is {words.place(one.place)} and {names[1]} {words.place(two.place)}",
        ]
    yield _event("several", 72, *lines)


def _about(thing: Thing) -> list[Event]:
    name, it, where = words.thing(thing), words.short(thing), words.place(thing.place)
    found: list[Event] = []
    weight = 52 + 20 * min(thing.share, 0.2) / 0.2 + (6 if thing.person else 0)
    if thing.gone:
        return _leaving(thing, weight)
    if thing.stopped and thing.heading:
        stops = (f"{name} has come to rest {where}", f"{name} stops {where}")
        then = (f"{it} stands still now", f"{it} has stopped {where}")
        return [_told("stop", weight, stops, then, thing)]
    if thing.new and thing.side:
        found.append(_coming(thing, weight + 10))
    if thing.heading:
        found.append(_going(thing, weight))
    growth = _growing(thing, weight + 4)
    if growth:
        found.append(growth)
    return found or [_moving(thing, weight - 14)]


def _moving(thing: Thing, weight: float) -> Event:
    name, it, where = words.thing(thing), words.short(thing), words.place(thing.place)
    lines = (f"{name} moves {where}", f"there is movement {where}: {name}")
    return _told("move", weight, lines, (f"{it} is still moving {where}",), thing)


def _coming(thing: Thing, weight: float) -> Event:
    name, where = words.thing(thing), f"the {thing.side}"
    lines = (
        f"{name} comes into the picture from {where}",
        f"{name} enters from {where}",
        f"here comes {name}, from {where}",
        f"from {where} comes {name}",
    )
    return _told("coming", weight, lines, (), thing)


def _going(thing: Thing, weight: float) -> Event:
    name, it, way = words.thing(thing), words.short(thing), words.heading(thing.heading)
    where, pace = words.place(thing.place), words.speed(thing)
    lines = [
        f"{name} moves{pace} {way}",
        f"{name} is on its way {way}",
        f"{where}, {name} moves {way}",
        f"{name}{pace} heads {way}" if not pace else f"{name} heads {way}{pace}",
    ]
    sequels = (
        f"{it} is {where} now",
        f"{it} has reached the {where.split('the ')[-1]}",
        f"now {it} moves{pace} {way}",
        f"{where} now, {it} moves {way}",
    )
    further = (
        f"{it} keeps moving {way}",
        f"{it} is {where} now, still moving {way}",
        f"{it} goes on {way}",
        f"on goes {it}{pace}, {way}",
    )
    start = words.place(thing.start)
    if abs(thing.place[0] - thing.start[0]) > _ACROSS and thing.heading in {"left", "right"}:
        ends = ("left", "right") if thing.heading == "right" else ("right", "left")
        lines.append(f"{name} crosses the picture from {ends[0]} to {ends[1]}")
        weight += 4
    elif start != where:
        origin = start.split("the ")[-1]
        lines.append(f"{name} goes from the {origin} to the {where.split('the ')[-1]}")
    if thing.person:
        lines = [line.replace("its way", "the way") for line in lines]
    told = _told("going", weight, tuple(lines), sequels, thing)
    if not told.name:
        return told
    return replace(told, further=tuple(words.sentence(line) for line in further), way=way)


def _growing(thing: Thing, weight: float) -> Event | None:
    name, it, where = words.thing(thing), words.short(thing), words.place(thing.place)
    if thing.growth > GROWN:
        lines = (f"{name} {where} gets bigger", f"{name} grows, as if it came closer")
        return _told("growing", weight, lines, (f"{it} gets bigger and bigger",), thing)
    if thing.growth < SHRUNK:
        lines = (f"{name} {where} gets smaller", f"{name} shrinks, as if it went away")
        return _told("shrinking", weight, lines, (f"{it} gets smaller and smaller",), thing)
    return None


def _leaving(thing: Thing, weight: float) -> list[Event]:
    if thing.ago > RECENT:
        return []
    name, it = words.thing(thing), words.short(thing)
    if not thing.side:
        lines = (f"{name} is gone", f"{name} was {words.place(thing.place)} and is gone")
        return [_told("gone", weight - 8, lines, (f"{it} is gone",), thing)]
    where = f"the {thing.side}"
    over = "over the top" if thing.side == "top" else f"at {where}"
    ways = (
        f"{name} leaves the picture {over}",
        f"{name} has gone out {over}",
        f"{name} disappears {over}",
    )
    sequels = (f"{it} is out of the picture now", f"{it} has left {over}")
    return [_told("leaving", weight + 2, ways, sequels, thing)]


def _told(
    kind: str, weight: float, lines: tuple[str, ...], sequels: tuple[str, ...], thing: Thing
) -> Event:
    """A sequel is only understood where the thing has a colour or is a person."""
    name = "someone" if thing.person else thing.colour
    return Event(
        kind,
        weight,
        tuple(words.sentence(line) for line in lines),
        tuple(words.sentence(line) for line in sequels) if name else (),
        name=name,
    )


def _faces(scene: Scene) -> Iterator[Event]:
    if not scene.faces:
        return
    left, top, right, bottom = scene.faces[0]
    where = words.place(((left + right) / 2, (top + bottom) / 2))
    if len(scene.faces) > 1:
        count = words.number(len(scene.faces))
        yield _event("face", 48, f"{count} faces are in the picture", f"I see {count} faces")
        return
    near = " close to the camera" if bottom - top > 0.4 else ""
    yield _event(
        "face",
        48,
        f"a face is {where}{near}",
        f"someone looks into the camera, {where}",
        f"there is a face {where}{near}",
    )


def _little(scene: Scene) -> Iterator[Event]:
    if scene.stir is not None:
        where = words.place(scene.stir)
        yield _event(
            "stir",
            24,
            f"a little movement {where}",
            f"something stirs {where}",
            f"{where}, something moves a little",
        )
    elif scene.still:
        yield _event(
            "still",
            20,
            "Nothing moves",
            "All is still",
            "The picture is quiet",
            "No movement at the moment",
            "For now, everything stands still",
        )
