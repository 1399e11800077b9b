from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from demo.backdrops import HEIGHT, WIDTH, draw_backdrop
from demo.film import BGR, DURATION, FPS, Thing, frame, truth

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
