"""Laws of following: who stays is one, who was wrong is nobody, and nothing grows."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import pytest

from vision.detection import Box, Detection, TrackedObject
from vision.names import COCO_NAMES
from vision.tracker import Tracker

PACES = (0.5, 1.0, 2.0, 4.0)
"""Pictures a second."""


def at(x: float, y: float = 0.5, width: float = 0.12, height: float = 0.6) -> Box:
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def person(x: float, score: float = 0.7, **box: float) -> Detection:
    return Detection("person", score, at(x, **box))


def views(
    pictures: Iterable[Sequence[Detection]], fps: float = 2.0, tracker: Tracker | None = None
) -> list[tuple[TrackedObject, ...]]:
    """What is in view after each picture."""
    made = tracker or Tracker()
    return [made.update(100 + number / fps, found) for number, found in enumerate(pictures)]


def ids(seen: Iterable[Sequence[TrackedObject]]) -> set[int]:
    return {one.id for view in seen for one in view}


def shaken(rng: random.Random, one: Detection, by: float = 0.02) -> Detection:
    left, top, right, bottom = (edge + rng.uniform(-by, by) for edge in one.box)
    return Detection(one.name, rng.uniform(0.5, 0.95), (left, top, right, bottom))


@pytest.mark.parametrize("seed", range(8))
def test_an_id_belongs_to_one_object_for_ever(seed: int) -> None:
    """Whatever is thrown at it: no id twice in a view, none back after it was forgotten."""
    rng = random.Random(seed)
    tracker, now, since, last = Tracker(), 0.0, dict[int, float](), dict[int, float]()
    for _ in range(300):
        now += rng.choice((0.0, 0.25, 0.5, 2.0, 20.0, -30.0))
        found = [
            Detection(
                rng.choice(COCO_NAMES[:3]),
                rng.random(),
                at(rng.random(), rng.random(), rng.uniform(0.001, 0.5), rng.uniform(0.001, 0.5)),
            )
            for _ in range(rng.randrange(6))
        ]
        view = tracker.update(now, found)
        assert len({one.id for one in view}) == len(view)
        for one in view:
            assert since.setdefault(one.id, one.since) == one.since <= one.seen <= now
            assert one.seen >= last.get(one.id, one.seen)
            last[one.id] = one.seen


@pytest.mark.parametrize("fps", PACES)
@pytest.mark.parametrize("seed", range(2))
def test_who_stays_keeps_the_id(fps: float, seed: int) -> None:
    """Shaking, missed now and then, called a dog for one picture."""
    rng = random.Random(seed)
    pictures: list[list[Detection]] = []
    for number in range(60):
        found = [shaken(rng, person(0.3)), shaken(rng, person(0.7))]
        if number > 3 and number % 5 == 0:
            del found[rng.randrange(2)]
        if number > 3 and number % 17 == 0:
            found[0] = Detection("dog", 0.7, found[0].box)
        pictures.append(found)
    seen = views(pictures, fps)
    assert len(ids(seen)) == 2
    assert all([one.name for one in view] == ["person"] * 2 for view in seen[2:])


@pytest.mark.parametrize("fps", [2.0, 4.0])
@pytest.mark.parametrize("speed", [0.05, 0.1, 0.2])
def test_who_walks_across_is_one(fps: float, speed: float) -> None:
    """At up to nearly twice the own width between two pictures."""
    xs = [0.06 + speed * number / fps for number in range(int(0.88 / speed * fps))]
    assert len(ids(views([[person(x)] for x in xs], fps))) == 1


def test_halves_of_somebody_are_nobody() -> None:
    """In the dark the detector takes the upper half for the whole, and the lower for another."""
    whole = Detection("person", 0.8, (0.5, 0.04, 0.67, 0.95))
    upper = Detection("person", 0.6, (0.5, 0.03, 0.67, 0.68))
    lower = Detection("person", 0.4, (0.49, 0.41, 0.68, 0.95))
    tail = [[upper], [whole], [whole], [upper], [], [whole], [upper, lower], [whole], [whole]]
    assert len(ids(views([[whole]] * 4 + [[upper, lower], *tail]))) == 1
    shadow = Detection("person", 0.4, (0.6, 0.04, 0.77, 0.95))
    assert len(ids(views([[whole]] * 4 + [[upper, shadow], *tail]))) == 1


def named(name: str, score: float = 0.9, **box: float) -> list[Detection]:
    """A picture with one thing in its middle."""
    return [Detection(name, score, at(0.5, **box))]


EDGE = Detection("person", 0.7, (0.9, 0.2, 1, 0.8))
WALKS_OUT = [*[[person(x)] for x in (0.5, 0.65, 0.8)], [EDGE]]
BOTH = [Detection("dog", 0.9, at(0.5)), Detection("cat", 0.8, at(0.505))]
TURNS = [named("bus" if number % 2 else "suitcase") for number in range(12)]


@pytest.mark.parametrize(
    ("pictures", "name"),
    [
        ([[person(0.5, 0.79)]], None),
        ([[person(0.5, 0.8)]], "person"),
        ([[person(0.5)], [], [person(0.5)]], "person"),
        ([[person(0.5)], [], [], [person(0.5)]], None),
        ([[person(0.5, 0.4)]] * 9, None),
        ([named("cup", 0.95)] * 2, None),
        ([named("cup", 0.95)] * 3, "cup"),
        ([named("cup", 0.6)] * 9, None),
        ([*WALKS_OUT, [], []], None),
        ([*[[EDGE]] * 4, [], []], "person"),
        ([named("fire hydrant")] * 9, None),  # as bollards are called
        ([BOTH] * 9, None),
        (TURNS, None),
    ],
)
def test_what_is_surely_there_in_the_end(pictures: list[list[Detection]], name: str | None) -> None:
    assert [one.name for one in views(pictures)[-1]] == ([name] if name else [])


def test_a_gap_is_bridged_and_an_end_is_told() -> None:
    there, gone = [[person(0.5)]], [list[Detection]()]
    seen = views(there * 4 + gone * 3 + there * 4)
    assert len(ids(seen)) == 1
    assert all(seen[1:])
    seen = views(there * 4 + gone * 4 + there * 4)
    assert not seen[7]
    assert len(ids(seen)) == 2
    assert len(ids(views(there * 6, fps=0.1))) == 1


def test_a_thing_that_goes_by_itself_is_misnamed() -> None:
    """A car from above is a "cell phone" at 0.9, for seconds."""
    phone = [[Detection("cell phone", 0.9, at(0.3, 0.1 + 0.05 * n, 0.2, 0.3))] for n in range(16)]
    assert not any(views(phone, 4.0))
    held = [[one, person(0.3, 0.9, height=0.9)] for (one,) in phone]
    assert "cell phone" in {one.name for one in views(held, 4.0)[-1]}
    ball = [[Detection("sports ball", 0.9, one.box)] for (one,) in phone]
    assert any(views(ball, 4.0))


@pytest.mark.parametrize("how", ["a cut", "a jump back", "a long gap"])
def test_after_a_break_everybody_is_new(how: str) -> None:
    tracker = Tracker()
    (before,) = views([[person(0.5)]] * 3, tracker=tracker)[-1]
    if how == "a cut":
        tracker.forget()
    now = {"a cut": 102.0, "a jump back": 3.0, "a long gap": 130.0}[how]
    assert tracker.update(now, [person(0.5)]) == ()
    tracker.update(now + 0.5, [person(0.5)])
    (after,) = tracker.update(now + 1, [person(0.5)])
    assert after.id > before.id
