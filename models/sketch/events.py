"""What of a scene is news, and in which words. Pure.

Nothing says more than was measured: "the woman" is never said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from models.sketch import words
from models.sketch.colours import NAMES
from models.sketch.objects import lives
from models.sketch.phrases import Subject, said
from models.sketch.scene import Scene, Thing
from models.sketch.told import Told
from models.sketch.words import is_person

_QUICK, _FAST, _SLOW = 0.15, 0.3, 0.1
"""Picture widths a second."""
_CLOSE = 0.3
"""Of the picture: who takes up so much of it is close."""
_INSIDE = 0.02
"""Part of the picture from its borders: who is farther in is seen whole."""
_OF_PERSONS = 3
"""Lines after the last about a person for which a mover may be one."""
_AGAIN = re.compile(r"\b(?:again|once more|another|one more|next|follows)\b")
_RECENT = 3.5
"""Seconds after which somebody's coming or leaving is no news."""
_BELIEVED = 1.9
"""Seconds that something nameless must be seen where people are: it may be one of them."""
_TOGETHER = 0.05


@dataclass(frozen=True, slots=True)
class Event:
    """Something to say.

    Attributes:
        weight: How much it matters, 0 to 100.
        lines: Wordings.
        about: What it is of, for those who want to hear of something only.
        quick: Whether it is over soon: a few words must do.
    """

    weight: float
    lines: tuple[str, ...]
    about: str = ""
    quick: bool = False


def _event(weight: float, tags: str, about: str = "", who: str = "", **filled: str) -> Event:
    return Event(weight, tuple(said(tags, [(who, False)], **filled)), about)


def _of_thing(
    thing: Thing, weight: float, tags: str, subjects: Sequence[Subject], long: str = ""
) -> Event:
    """Something about a thing: persons matter more."""
    where = words.place(thing)
    filled = {"where": where, "way": words.way(thing), "long": long, "colour": thing.colour}
    if thing.side:
        filled |= {"side": words.from_side(thing), "to": words.to_side(thing)}
    if not thing.name and words.half(thing) and thing.side in ("top", "bottom"):
        filled["half"], tags = words.half(thing), f"{tags} half"
    if thing.speed:
        tags += " fast" if thing.speed > _FAST else " slow" if thing.speed < _SLOW else ""
    tags += " side" if thing.side else " inside"
    tags += " person" if is_person(thing) else " other" if thing.name else " other mover"
    lines = tuple(
        line
        for line in said(tags, subjects, **filled)
        if line.lower().count(where) < 2
        and len(_AGAIN.findall(line.lower())) < 2
        and not line.startswith("They ")  # after a pause, who are they?
    )
    weight -= 8 * (not is_person(thing))
    about = f"{words.noun(thing.name)} {thing.name} {thing.colour}"
    return Event(weight, lines, about, quick=not thing.name and thing.speed > _QUICK)


def events(scene: Scene, told: Told, since: Mapping[str, float]) -> list[Event]:
    """What can be said of ``scene`` that was not told yet.

    ``since`` is for how many seconds the sorts of things have been in view, as far as is known.
    """
    sorts: dict[str, list[Thing]] = {}
    for thing in _recognised(scene.things, told):
        sorts.setdefault(_sort(thing), []).append(thing)
    found = [*_view(scene, told), *_absent(scene, told, list(sorts))]
    for sort, things in sorts.items():
        if things[0].name and not lives(things[0].name):
            found += _lying(sort, things, told)
        else:
            long = words.lasting(since.get(sort, 0.0))
            found += _living(sort, things, told, long, scene.span)
    return [*found, *_several(scene, told), *_put(scene, told)]


def states(scene: Scene, told: Told) -> Iterator[Event]:
    """How things are, though it is no news: who is where, goes where, wears what."""
    for thing in scene.present:
        sort = _sort(thing)
        others = [one for one in scene.present if one is not thing and _sort(one) == sort]
        subjects = words.known(thing, others, dressed=True, recent=told.about == [sort])
        tags = []
        if thing.heading:
            tags.append("go")
        elif thing.name and thing.stays:
            tags += ["stay", "stand there", *["little"] * thing.stirs]
        if thing.name:
            tags += ["present view", "see"]
            tags += ["large"] * (thing.share > _CLOSE)
        whole = thing.box[0] > _INSIDE and thing.box[2] < 1 - _INSIDE
        if is_person(thing) and thing.colour and whole:
            tags.append("wears")
        done = told.of(sort)
        for tag in tags:
            if tag.split()[0] not in done or tag == "go":
                plain = [one for one in subjects if tag != "wears" or thing.colour not in one[0]]
                yield _of_thing(thing, 40 + 10 * (tag == "go"), tag, plain)


def _sort(thing: Thing) -> str:
    """By which name history knows it: a mover by its colour."""
    return words.noun(thing.name) if thing.name else thing.colour or "something"


def _recognised(things: Sequence[Thing], told: Told) -> list[Thing]:
    """A mover whose colour is not to be seen any more is the only one that is missed."""
    missed = [sort for sort in told.missed([_sort(thing) for thing in things]) if sort in NAMES]
    return [
        replace(one, colour=missed[0])
        if not one.name and not one.colour and one.leaving and len(missed) == 1
        else one
        for one in things
    ]


def _view(scene: Scene, told: Told) -> Iterator[Event]:
    """The light and the whole picture."""
    light = scene.light
    if light.change and not told.lately(light.change, 2):
        yield _event(100, light.change, "light")
    elif light.black and not (told.lately("out", 8) or told.lately("dark", 8)):
        yield _event(40, "dark", "light")
    looks = words.looks(light.level, scene.colours)
    if not told.lines and not light.black:
        nobody = scene.named and not any(map(is_person, scene.present))
        yield _event(66, f"overview {'nobody' if nobody else 'somebody'}", looks=looks)
    if scene.cut and not scene.restless and not (told.lately("cut", 1) and looks in told.lines[-1]):
        yield _event(90, "cut", "scene", looks=looks)
    if scene.restless and not told.lately("restless", 4):
        yield _event(50, "restless")


def _living(
    sort: str, things: Sequence[Thing], told: Told, long: str, span: float
) -> Iterator[Event]:
    """Persons, animals, vehicles, movers: they come and go."""
    here = [thing for thing in things if not thing.gone]
    known, done = told.there(sort), told.of(sort)
    if not known and len(here) > 1 and here[0].name and not all(one.new for one in here):
        many = words.many(here[0].name, len(here))
        yield _event(78, "present many", sort, many=many, places=words.places(here))
        return
    they = any("they" in line.lower().split() for line in told.lines[-3:])
    doubtful = not things[0].name and told.mentioned("person", _OF_PERSONS)
    recent = told.about == [sort] and not (sort == "person" and they)
    for thing in things:
        others = [one for one in here if one is not thing]
        subjects = words.known(thing, others, dressed="clothes" in done, recent=recent)
        strangers = [(one, False) for one in words.unknown(thing)]
        fresh = thing.new and thing.age < _RECENT
        if (thing.leaving or (thing.gone and thing.name)) and thing.ago < _RECENT:
            if known >= max(1, len(here) + thing.gone):
                if others and thing.name:
                    subjects = [(f"one {words.noun(thing.name)}", False)]
                how = "gone" if thing.gone else "now"
                if not thing.side:
                    how = "nobody" if is_person(thing) and not others else "away"
                yield _of_thing(thing, 82, f"leave {how}", subjects)
            elif not (known or {"leave", "pass"} & done) and thing.side:
                yield _of_thing(thing, 70, "pass", strangers)
        elif thing.gone or (doubtful and thing.age < _BELIEVED):
            continue
        elif thing.name and not known and not others and told.mover_came:
            yield _of_thing(thing, 66, "named", strangers)
        elif fresh and (known < len(here) or _is_another(thing, others, done, span)):
            when = "again" if done and not (known and others) else "first"
            if when == "again" and not thing.name:
                strangers = [(one, False) for one in words.unknown(thing, before=True)]
            if known and others:
                strangers = [(strangers[0][0].replace("a ", "another ", 1), False)]
            yield _of_thing(thing, 84, f"come {when}", strangers)
        elif known:
            maybe_another = thing.new and not thing.name
            yield from _doing(thing, strangers if maybe_another else subjects, done)
            if thing.stays and not others and long and long not in done and "stand" in done:
                yield _of_thing(thing, 20, "while", subjects, long)
        elif thing.heading:
            yield _of_thing(thing, 78, "go", strangers)
        else:
            yield _of_thing(thing, 78, f"present {'stand' if thing.stays else 'view'}", strangers)


def _is_another(thing: Thing, others: Sequence[Thing], done: set[str], span: float) -> bool:
    """Whether the one who was told of has stood or walked before this one came, or came over
    another border.
    """
    if others or (thing.name and thing.age >= span):  # what only moves is soon gone
        return False
    sides = {one for one in done if one.startswith("from ")}
    other_side = sides and thing.side and words.from_side(thing) not in sides
    return bool(done & {"stand", "go", "little", "stay", "while", "present"} or other_side)


def _doing(thing: Thing, subjects: Sequence[Subject], done: set[str]) -> Iterator[Event]:
    """What somebody or something does that was introduced."""
    if thing.heading and words.way(thing) not in done:
        yield _of_thing(thing, 58, "go", subjects)
    if "stand" not in done:
        if thing.name and (thing.stopped or thing.stays):
            yield _of_thing(thing, 60, f"stand {'now' if thing.stopped else 'there'}", subjects)
    elif thing.stays:
        if thing.stirs and "little" not in done:
            yield _of_thing(thing, 46, "little", subjects)
        if "stay" not in done:
            yield _of_thing(thing, 32, "stay", subjects)


def _lying(sort: str, things: Sequence[Thing], told: Told) -> Iterator[Event]:
    """Things that are there, are taken, are carried."""
    known = told.there(sort)
    for thing in things:
        if thing.held and not told.of(sort) & {"take", "with"}:
            tags, weight = ("take", 88) if known else ("with", 72)
            yield _event(weight, tags, f"person {sort}", a=words.many(thing.name, 1))
    here = [thing for thing in things if not thing.gone and not thing.held]
    if here and known < len(here) and not here[0].new:
        subject = (words.many(here[0].name, len(here)), len(here) > 1)
        places = {words.place(thing) for thing in here}
        where = places.pop() if len(places) == 1 else "in view"
        yield Event(48, tuple(said("lies", [subject], where=where)), sort)


def _put(scene: Scene, told: Told) -> Iterator[Event]:
    """What has no name and was put down or taken away."""
    left = told.lately("leave", 1) or told.lately("pass", 1)
    passing = scene.things or left or told.mover_came
    for one in scene.changed:
        where = words.place(one)
        lay = told.lying.get(where)
        if one.new and not lay:
            yield _event(76, "put", where=where)
        elif one.gone and (lay or (lay is None and (one.stays or not passing))):
            yield _event(74, "vanish", where=where)


def _several(scene: Scene, told: Told) -> Iterator[Event]:
    """How many people there are, and who is together."""
    people = [thing for thing in scene.present if is_person(thing)]
    known = told.there("person")
    if len(people) > 1 and known and known < len(people):
        many = words.many("person", len(people))
        yield _event(68, "count", "person", many=many, places=words.places(people))
    gone = any(is_person(thing) for thing in scene.things if thing.gone)
    if known > len(people) > 0 and scene.named and not gone and not told.lately("leave", 1):
        # Somebody left unseen, between two windows.
        left = (
            ("one person", False) if len(people) == 1 else (words.many("person", len(people)), True)
        )
        yield Event(79, tuple(said("fewer", [left])), "person")
    for one, two in combinations(people, 2) if "meet" not in told.of("person") else ():
        gap = max(one.box[0], two.box[0]) - min(one.box[2], two.box[2])
        level = min(one.box[3], two.box[3]) - max(one.box[1], two.box[1])
        if gap < _TOGETHER and level > 0 and (one.stays or two.stays) and known > 1:
            yield _event(64, "meet", "person")
            break


def _absent(scene: Scene, told: Told, sorts: Sequence[str]) -> Iterator[Event]:
    """Who or what was there when last told of, and is not."""
    if scene.light.black or scene.restless or not scene.calm:
        return  # somebody may just be coming
    missed = told.missed(sorts)
    left = told.lately("leave", 1)
    if "person" in missed and scene.named:
        alone = left and told.about == ["person"]  # another may be gone as well
        yield _event(80, "empty nobody" if alone else "leave nobody", "person", "the person")
    elif left and not told.lately("nobody", 1) and not scene.present:
        if "leave" in told.of("person") and told.about == ["person"] and scene.named:
            yield _event(45, "empty nobody", "person")
        elif not missed:  # what came and stopped is not to be seen, but it is there
            yield _event(45, "empty thing", "thing")
