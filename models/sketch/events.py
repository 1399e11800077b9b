"""What of a scene is news. Pure.

Nothing says more than was measured: "the woman" is never said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from models.sketch import words
from models.sketch.colours import NAMES
from models.sketch.event import Event, event, of_thing
from models.sketch.objects import lives
from models.sketch.phrases import Subject, said
from models.sketch.scene import Scene, Thing
from models.sketch.told import Told

_RECENT = 3.5
"""Seconds after which somebody's coming or leaving is no news."""
_PASSED = 1.5
"""The same for what passed by and was not told of."""
_BELIEVED = 1.9
"""Seconds that something nameless must be seen where people are: it may be one of them."""
_NEAR_SHARE = 0.35
_TOGETHER = 0.05
_NAMELESS = frozenset({*NAMES, "something"})


def events(scene: Scene, told: Told, since: Mapping[str, float]) -> list[Event]:
    """What can be said of ``scene`` that was not told yet.

    ``since`` is for how many seconds the sorts of things have been in view, as far as is known.
    """
    sorts: dict[str, list[Thing]] = {}
    for thing in _recognised(scene.things, told):
        sorts.setdefault(_sort(thing), []).append(thing)
    found = [*_light(scene, told), *_view(scene, told), *_absent(scene, told, list(sorts))]
    for sort, things in sorts.items():
        if things[0].name and not lives(things[0].name):
            found += _lying(sort, things, told)
        else:
            found += _living(sort, things, told, words.lasting(since.get(sort, 0.0)))
    return [*found, *_several(scene, told), *_put(scene, told)]


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


def _light(scene: Scene, told: Told) -> Iterator[Event]:
    change = scene.light.change
    if change in {"out", "on"} and not told.lately(change, 2):
        yield event(100, change, about="light")
    elif scene.light.black and not (told.lately("out", 8) or told.lately("dark", 8)):
        yield event(40, "dark", about="light")
    elif change in {"darker", "brighter"} and not scene.things and not told.lines:
        yield event(38, "dim", change=change)


def _view(scene: Scene, told: Told) -> Iterator[Event]:
    looks = words.looks(scene.light.level, scene.colours)
    if not told.lines and not scene.light.black:
        people = any(thing.name == "person" for thing in scene.present)
        yield event(
            66, "overview nobody" if scene.named and not people else "overview", looks=looks
        )
    if scene.cut and not scene.restless and not (told.lately("cut", 1) and looks in told.lines[-1]):
        yield event(90, "cut", looks=looks, about="scene")
    if scene.pan and not told.lately("pan", 2):
        turn = " and ".join(f"to the {part}" for part in scene.pan.split())
        yield event(66, "pan", turn=turn.replace("to the up", "up").replace("to the down", "down"))
    if scene.restless and not told.lately("restless", 4):
        yield event(50, "restless")


def _living(sort: str, things: Sequence[Thing], told: Told, long: str) -> Iterator[Event]:
    """Persons, animals, vehicles, movers: they come and go."""
    here = [thing for thing in things if not thing.gone]
    known, done = told.there(sort), told.of(sort)
    if not known and len(here) > 1 and here[0].name and not all(one.new for one in here):
        places = words.listed(list(dict.fromkeys(map(words.place, here))))
        many = words.many(here[0].name, len(here))
        yield event(78, "present many", about=sort, many=many, places=places)
        return
    for thing in things:
        others = [one for one in here if one is not thing]
        subjects = words.known(
            thing,
            others,
            dressed="clothes" in done,
            recent=told.about == [sort] and not (sort == "person" and told.they(3)),
        )
        recent = _RECENT if thing.name or known else _PASSED
        strangers = [(one, False) for one in words.unknown(thing)]
        if (thing.leaving or (thing.gone and thing.name)) and thing.ago < recent:
            if known >= max(1, len(here) + thing.gone):
                one = (
                    [(f"one {words.noun(thing.name)}", False)]
                    if others and thing.name
                    else subjects
                )
                yield _leaving(thing, one, last=not others)
            elif not known and thing.side and not {"leave", "pass"} & done:
                yield of_thing(thing, 70, strangers, "pass")
        elif thing.gone or (not thing.name and told.of("person") and thing.age < _BELIEVED):
            continue
        elif thing.name and not known and not others and _movers(told, 1):
            yield of_thing(thing, 66, strangers, "named")
        elif (
            thing.new
            and thing.age < _RECENT
            and (known < len(here) or _moved_on(thing, done, here))
        ):
            again = (
                "next" if not thing.name and not done and _movers(told, 4) else "again" * bool(done)
            )
            yield _coming(thing, strangers, another=bool(known and others), again=again)
        elif known:
            maybe_another = thing.new and not thing.name
            yield from _doing(thing, strangers if maybe_another else subjects, done)
            if thing.stays and not others and long and long not in done and "stand" in done:
                yield of_thing(thing, 20, subjects, "while", long=long)
        elif thing.heading:
            yield of_thing(thing, 78, strangers, "go person" if thing.name == "person" else "go")
        else:
            yield of_thing(thing, 78, strangers, "present stand" if thing.stays else "present")


def _movers(told: Told, lines: int) -> bool:
    """Whether one of the last lines told of a mover that came."""
    recent = list(zip(told.sorts, told.kinds, strict=True))[-lines:]
    return any(kinds & {"come", "go"} and _NAMELESS & {*of} for of, kinds in recent)


def _moved_on(thing: Thing, done: set[str], here: Sequence[Thing]) -> bool:
    """Whether the one who was told of has stood or walked before this one came, or came over
    another border.
    """
    sides = {one for one in done if one.startswith("from ")}
    return len(here) == 1 and bool(
        done & {"stand", "go", "along", "both", "little", "stay", "while", "present"}
        or (sides and thing.side and words.from_side(thing) not in sides)
    )


def _coming(thing: Thing, strangers: Sequence[Subject], *, another: bool, again: str) -> Event:
    if another:
        strangers = [(strangers[0][0].replace("a ", "another ", 1), False)]
    groups = ["come"] if thing.side else ["come inside"]
    if thing.side:
        groups.append("come person" if thing.name == "person" else "come mover")
    elif thing.name == "person":
        groups.append("come inside person")
    if again == "next" and thing.side:
        groups = ["come mover next"]
    elif again and not another:
        groups = ["come again"] if thing.side else ["come inside again"]
        groups += ["come mover again"] * bool(thing.side and not thing.name)
    return of_thing(thing, 84, strangers, *groups)


def _leaving(thing: Thing, subjects: Sequence[Subject], *, last: bool) -> Event:
    if not thing.side:
        nobody = last and thing.name == "person"
        return of_thing(thing, 82, subjects, "leave nobody" if nobody else "leave away")
    if thing.gone:
        return of_thing(thing, 82, subjects, "leave gone")
    return of_thing(thing, 82, subjects, "leave person" if thing.name == "person" else "leave")


def _doing(thing: Thing, subjects: Sequence[Subject], done: set[str]) -> Iterator[Event]:
    """What somebody or something does that was introduced."""
    if thing.heading and words.way(thing) not in done:
        yield of_thing(thing, 58, subjects, "go person" if thing.name == "person" else "go")
    if not thing.name:
        if thing.heading and "along" not in done:
            yield of_thing(thing, 44, subjects, "along")
        return
    if "stand" not in done:
        if thing.stopped or thing.stays:
            yield of_thing(thing, 60, subjects, "stand now" if thing.stopped else "stand")
    elif thing.stays:
        if thing.stirs and "little" not in done:
            yield of_thing(thing, 46, subjects, "little")
        if thing.share > _NEAR_SHARE and "close" not in done:
            yield of_thing(thing, 40, subjects, "close")
        if thing.colour and thing.name == "person" and "clothes" not in done:
            yield of_thing(thing, 42, [("the person", False)], "clothes")
        if "stay" not in done:
            yield of_thing(thing, 32, subjects, "stay")


def _lying(sort: str, things: Sequence[Thing], told: Told) -> Iterator[Event]:
    """Things that are there, are taken, are carried."""
    for thing in things:
        if thing.held and ("take" if thing.held == "taken" else "with") not in told.of(sort):
            group, weight = ("take", 88) if thing.held == "taken" else ("with", 60)
            yield event(weight, group, a=words.many(thing.name, 1), about=f"person {sort}")
    here = [thing for thing in things if not thing.gone and not thing.held]
    if not here or told.there(sort) >= len(here) or here[0].new:
        return
    subject = (words.many(here[0].name, len(here)), len(here) > 1)
    places = {words.place(thing) for thing in here}
    yield Event(
        48,
        tuple(said(["thing"], [subject], where=places.pop() if len(places) == 1 else "in view")),
        sort,
    )


def _put(scene: Scene, told: Told) -> Iterator[Event]:
    """What has no name and was put down or taken away."""
    passing = scene.things or told.lately("leave", 1) or told.lately("pass", 1)
    for one in scene.changed:
        where = words.place(one)
        lay = told.lying.get(where)
        if one.new and not lay:
            yield event(76, "put", where=where)
        elif one.gone and (lay or (lay is None and (one.stays or not passing))):
            yield event(74, "vanish", where=where)


def _several(scene: Scene, told: Told) -> Iterator[Event]:
    """How many people there are, who is together, and two movers at a time."""
    people = [thing for thing in scene.present if thing.name == "person"]
    known = told.there("person")
    if len(people) > 1 and known and known != len(people):
        places = words.listed(list(dict.fromkeys(map(words.place, people))))
        many = words.many("person", len(people))
        yield event(68, "count", many=many, places=places, about="person")
    for one, two in combinations(people, 2) if "meet" not in told.of("person") else ():
        gap = max(one.box[0], two.box[0]) - min(one.box[2], two.box[2])
        level = min(one.box[3], two.box[3]) - max(one.box[1], two.box[1])
        if gap < _TOGETHER and level > 0 and (one.stays or two.stays) and known > 1:
            yield event(64, "meet", about="person")
            break
    moving = [one for one in scene.present if one.heading and not one.name and not one.leaving]
    if len(moving) > 1 and not told.lately("both", 4):
        a, b = (f"something {one.colour}".strip() for one in moving[:2])
        way, other = (words.way(one) for one in moving[:2])
        group = "both same" if way == other else "both"
        yield event(95, group, a=a, b=b, way=way, other=other, about="thing car")


def _absent(scene: Scene, told: Told, sorts: Sequence[str]) -> Iterator[Event]:
    """Who or what was there when last told of, and is not."""
    if scene.light.black or scene.restless or scene.pan or not scene.calm:
        return  # somebody may just be coming
    missed = told.missed(sorts)
    if "person" in missed and scene.named:
        told_of = told.about == ["person"] and told.lately(
            "leave", 1
        )  # another may be gone as well
        group = "empty" if told_of else "leave nobody"
        yield Event(80, tuple(said([group], [("the person", False)])), "person")
    elif told.lately("leave", 1) and not told.lately("nobody", 1) and not scene.present:
        if "leave" in told.of("person") and scene.named:
            yield event(45, "empty", about="person")
        elif not missed:  # what came and stopped is not to be seen, but it is there
            yield event(45, "empty thing", about="thing")
