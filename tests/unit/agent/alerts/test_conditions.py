"""Cheap conditions on scripted films."""

from __future__ import annotations

from typing import Any

import pytest

from agent.alerts.conditions import Conditions
from config.alert_rule import Condition

from .sights import LEFT, RIGHT, Film


def hits(film: Film, condition: dict[str, Any], **unkind: Any) -> list[float]:
    """Seconds of the film at which a condition hits."""
    conditions = Conditions()
    conditions.use({"one": Condition.model_validate(condition)})
    return [
        sight.capture_time - 100 for sight in film.sights(**unkind) for _ in conditions.see(sight)
    ]


BESIDE = (0.2, 0.3, 0.4, 0.9)
HALF = [0.5, 0.0, 1.0, 1.0]
TWO = [("person", 10.0, 40.0, RIGHT), ("dog", 30.0, 60.0, LEFT)]

CASES: list[tuple[str, Film, dict[str, Any], list[float]]] = [
    ("another name", Film(80, things=TWO), {"appears": "cat"}, []),
    ("a group", Film(80, things=TWO), {"appears": "animal"}, [30]),
    ("in a region", Film(80, things=TWO), {"appears": "anything", "region": HALF}, [10]),
    ("the last leaves", Film(80, things=TWO), {"leaves": "anything"}, [60]),
    ("stays", Film(80, things=TWO), {"stays": "dog", "seconds": 20}, [50]),
    ("there already", Film(30, things=[("cup", 0, 30, LEFT)]), {"appears": "cup"}, []),
    ("there first", Film(30, things=[("cup", 0, 20, LEFT)]), {"leaves": "cup"}, [20]),
    ("stays from the first", Film(30, things=[("cup", 0, 30, LEFT)]),
     {"stays": "cup", "seconds": 10}, [10]),
    ("a second one",
     Film(60, things=[("car", 5, 50, LEFT), ("car", 20, 40, RIGHT)]), {"appears": "car"}, [5, 20]),
    ("one beside another", Film(60, things=[("car", 5, 50, LEFT), ("car", 20, 40, BESIDE)]),
     {"appears": "car"}, [5, 20]),
    ("others all the time", Film(60, things=[("car", n, n + 3.0, LEFT) for n in range(5, 50, 6)]),
     {"stays": "car", "seconds": 5}, []),
    ("a flicker in", Film(30, things=[("cup", 10, 11, LEFT)]), {"appears": "cup"}, []),
    ("a flicker in leaves not", Film(30, things=[("cup", 10, 11, LEFT)]), {"leaves": "cup"}, []),
    ("a flicker out", Film(40, things=[("cup", 5, 20, LEFT), ("cup", 21, 40, LEFT)]),
     {"leaves": "cup"}, []),
    ("a flicker out comes not", Film(40, things=[("cup", 5, 20, LEFT), ("cup", 21, 40, LEFT)]),
     {"appears": "cup"}, [5]),
    ("back again", Film(40, things=[("cup", 5, 20, LEFT), ("cup", 25, 40, LEFT)]),
     {"appears": "cup"}, [5, 25]),
    ("a cut", Film(30, cuts=[12.0]), {"cut": True}, [12]),
    ("a cut to the same people",
     Film(30, things=[("person", 3, 12, LEFT), ("person", 12, 30, RIGHT)], cuts=[12.0]),
     {"appears": "person"}, [3]),
    ("nobody left by a cut",
     Film(30, things=[("person", 3, 12, LEFT), ("person", 12, 30, RIGHT)], cuts=[12.0]),
     {"leaves": "person"}, []),
    ("motion", Film(60, moves=[(10, 20, LEFT), (40, 50, RIGHT)]), {"motion": True}, [10, 40]),
    ("motion in a region", Film(60, moves=[(10, 20, LEFT), (40, 50, RIGHT)]),
     {"motion": True, "region": HALF}, [40]),
    ("one odd sight", Film(60, moves=[(10, 10.4, LEFT)]), {"motion": True}, []),
    ("a pause", Film(60, moves=[(10, 12, LEFT), (13.5, 20, LEFT)]), {"motion": True}, [10]),
    ("still twice", Film(90, moves=[(35, 40, LEFT)]), {"still": 30}, [30, 70]),
    ("dark at once", Film(30, light=[(0, 128), (10, 20)]), {"darkness": True}, [10]),
    ("a lamp of several", Film(30, light=[(0, 160), (10, 80)]), {"darkness": True}, [10]),
    ("no light after a lamp", Film(30, light=[(0, 160), (10, 80)]), {"light": True}, []),
    ("a lamp more", Film(30, light=[(0, 80), (10, 160)]), {"light": True}, [10]),
    ("dusk", Film(90, light=[(n, 128 - 2 * n) for n in range(60)]), {"darkness": True}, [44]),
    ("dark from the first", Film(30, light=[(0, 10)]), {"darkness": True}, []),
    ("a flash", Film(30, light=[(0, 128), (10, 250), (10.5, 128)]), {"light": True}, []),
    ("a blink", Film(30, light=[(0, 128), (10, 5), (11, 128)]), {"darkness": True}, []),
    ("no light after a blink", Film(30, light=[(0, 128), (10, 5), (11, 128)]), {"light": True}, []),
    ("dawn", Film(90, light=[(n, 10 + 2 * n) for n in range(60)]), {"light": True}, [20]),
    ("off and on", Film(60, light=[(0, 128), (10, 15), (40, 128)]), {"light": True}, [40]),
    ("at 0.2 a second", Film(200, fps=0.2, things=[("cat", 50, 120, LEFT)]),
     {"appears": "cat"}, [50]),
    ("at 0.2 a second it leaves", Film(200, fps=0.2, things=[("cat", 50, 120, LEFT)]),
     {"leaves": "cat"}, [120]),
]  # fmt: skip


@pytest.mark.parametrize(("film", "condition", "truth"), [case[1:] for case in CASES],
                         ids=[case[0] for case in CASES])  # fmt: skip
def test_it_hits_when_it_should_and_only_then(
    film: Film, condition: dict[str, Any], truth: list[float]
) -> None:
    found, sight = hits(film, condition), 1 / film.fps
    assert len(found) == len(truth), found
    assert all(-sight <= a - b <= 2.5 + 2 * sight for a, b in zip(found, truth, strict=True)), found


@pytest.mark.parametrize("seed", range(5))
def test_precision_and_recall_with_a_tracker_that_loses_sight(seed: int) -> None:
    right = found = true = 0
    for number, (_, film, condition, truth) in enumerate(CASES):
        drop = 0.15 if film.fps >= 1 else 0.0
        times = hits(film, condition, drop=drop, seed=100 * seed + number)
        found, true = found + len(times), true + len(truth)
        left = list(times)
        for one in truth:
            match = next((at for at in left if -1 <= at - one <= 6 + 2 / film.fps), None)
            if match is not None:
                left.remove(match)
                right += 1
    assert right / found >= 0.95, "precision"
    assert right / true >= 0.95, "recall"


def test_a_lost_source_is_told_once_and_what_is_there_afterwards_was_there() -> None:
    conditions = Conditions()
    conditions.use({"lost": Condition(source_lost=True), "who": Condition(appears="person")})
    sights = list(Film(60, things=[("person", 5, 60, LEFT)]).sights())
    assert [name for sight in sights[:40] for name in conditions.see(sight)] == ["who"]
    assert list(conditions.lost(True)) == ["lost"]
    assert list(conditions.lost(True)) == []
    assert list(conditions.lost(False)) == []
    assert [name for sight in sights[80:] for name in conditions.see(sight)] == []
    assert list(conditions.lost(True)) == ["lost"]
