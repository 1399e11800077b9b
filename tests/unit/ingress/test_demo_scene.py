from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from ingress import demo_scene
from ingress.demo_backdrops import HEIGHT, WIDTH, draw_backdrop
from ingress.demo_scene import BGR, DARK, DURATION, FPS, Thing, frame, truth

MOMENTS = [i / FPS for i in range(0, round(DURATION * FPS), 37)]


def painted(t: float, thing: Thing) -> NDArray[np.bool_]:
    """Where the frame has exactly the colour of the thing, light taken into account."""
    colour = np.array(BGR[thing.colour]) * truth(t).light
    return np.asarray((np.abs(frame(t).astype(float) - colour) < 2).all(axis=2))


@pytest.mark.parametrize("t", MOMENTS)
def test_every_thing_is_where_truth_says_and_as_large(t: float) -> None:
    for thing in truth(t).things:
        inside = [
            (thing.x + dx * thing.size, thing.y + dy * thing.size)
            for dx, dy in ((0, 0), (0.6, 0), (0, 0.6))
        ]
        outside = [
            (thing.x + dx * thing.size, thing.y + dy * thing.size)
            for dx, dy in ((1.15, 0), (-1.15, 0), (0, 1.15), (0, -1.15))
        ]
        paint = painted(t, thing)
        others = sum(other.colour == thing.colour for other in truth(t).things)
        assert others == 1
        assert all(paint[round(y), round(x)] for x, y in inside if seen(x, y))
        assert not any(paint[round(y), round(x)] for x, y in outside if seen(x, y))


def seen(x: float, y: float) -> bool:
    return 0 <= round(x) < WIDTH and 0 <= round(y) < HEIGHT


@pytest.mark.parametrize("t", MOMENTS)
def test_nothing_is_drawn_that_truth_does_not_know(t: float) -> None:
    shown = truth(t)
    empty = draw_backdrop(shown.backdrop) * shown.light
    changed = np.abs(frame(t).astype(float) - empty).max(axis=2) > 3
    for thing in shown.things:
        reach = thing.size + 3
        left, right = max(round(thing.x - reach), 0), max(round(thing.x + reach), 0)
        changed[max(round(thing.y - reach), 0) : round(thing.y + reach), left:right] = False
        changed[460:484, left:right] = False  # the shadow
    assert not changed.any()


@pytest.mark.parametrize("t", MOMENTS)
def test_velocity_and_growth_are_the_change_of_place_and_size(t: float) -> None:
    step = 1e-4
    later = {thing.colour: thing for thing in truth(t + step).things}
    for thing in truth(t).things:
        after = later.get(thing.colour)
        if after is not None and after.vx == thing.vx and abs(after.vy - thing.vy) < 1:
            assert (after.x - thing.x) / step == pytest.approx(thing.vx, abs=0.1)
            assert (after.y - thing.y) / step == pytest.approx(thing.vy, abs=0.5)
            assert (after.size - thing.size) / step == pytest.approx(thing.growth, abs=0.01)


def test_motion_is_smooth() -> None:
    for before, after in pairwise(MOMENTS):
        places = {thing.colour: thing for thing in truth(before).things}
        for thing in truth(after).things:
            if thing.colour in places:
                moved = abs(thing.x - places[thing.colour].x)
                assert moved <= 250 * (after - before)


def test_the_story() -> None:
    def colours(t: float) -> list[str]:
        return sorted(thing.colour for thing in truth(t).things)

    assert [colours(t) for t in (0.5, 5, 13, 21, 34, 45, 56)] == [
        [],
        ["red"],
        ["red"],
        [],
        ["blue", "yellow"],
        ["green"],
        [],
    ]
    assert [np.sign(truth(t).things[0].vx) for t in (5, 13)] == [1, -1]
    assert truth(45).things[0].growth > 0
    assert [round(truth(t).light, 2) for t in (18, 21, 25)] == [1, DARK, 1]
    assert [t for t in range(60) if truth(t).cut] == [0, 27]


def test_light_reaches_every_pixel() -> None:
    assert frame(21).mean() == pytest.approx(frame(18).mean() * DARK, abs=1)


def test_the_film_begins_again() -> None:
    assert np.array_equal(frame(5), frame(5 + 3 * DURATION))
    assert frame(0).shape == (HEIGHT, WIDTH, 3)
    assert frame(0).dtype == np.uint8


def test_frames_may_be_changed_by_who_gets_them() -> None:
    frame(0.5)[:] = 0
    assert frame(0.5).any()
    assert demo_scene.FPS == 30
