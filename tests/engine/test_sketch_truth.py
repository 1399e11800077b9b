"""Scenes whose truth is known: what the sketch engine says of them is so."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tests.engine import claims
from tests.engine.scenes import (
    BGR,
    HEIGHT,
    WIDTH,
    Film,
    Image,
    Mover,
    film,
    measured,
    plain,
    said,
    textured,
    window,
)

EARLIER = ["Nothing moves."]
WALL = textured(1)


def tell(shown: Film, ends: Sequence[float]) -> list[str]:
    """The lines over several windows, each knowing those before."""
    history = list(EARLIER)
    for end in ends:
        line = said(window(shown, end), history=history)
        if line:
            history.append(line)
    return history[1:]


@pytest.mark.parametrize(
    ("mover", "heading", "shape"),
    [
        (Mover("blue", 120, 260, vx=70, shape="square"), "right", "square"),
        (Mover("yellow", 560, 90, vx=-90), "left", "round"),
        (Mover("red", 300, 330, vy=-70), "up", "round"),
        (Mover("red", 300, 30, vy=70), "down", "round"),
    ],
)
def test_what_a_thing_is_and_where_it_goes(mover: Mover, heading: str, shape: str) -> None:
    """Also while the light changes."""
    for light in (lambda _: 1.0, lambda t: 1 - 0.1 * t):
        (thing,) = measured(window(film(WALL, mover, light=light), 3.0)).things
        assert (thing.colour, thing.heading, thing.shape) == (mover.colour, heading, shape)
    lines = tell(film(WALL, mover), [2.5, 3.5, 4.5])
    assert len(set(lines)) == len(lines) >= 2
    assert claims.directions(" ".join(lines)) == {heading}
    assert claims.colours(" ".join(lines)) == {mover.colour}


def test_two_things_and_what_grows_or_shrinks() -> None:
    both = film(WALL, Mover("blue", 120, 260, vx=70), Mover("yellow", 560, 90, vx=-90))
    assert claims.colours(said(window(both, 3.0), history=EARLIER)) == {"blue", "yellow"}
    for size, growth in ((25, 20), (95, -20)):
        shown = film(WALL, Mover("orange", 320, 180, size=size, growth=growth))
        (thing,) = measured(window(shown, 3.0)).present
        assert (thing.growth > 1.3, thing.growth < 0.77) == (growth > 0, growth < 0)
        assert thing.heading == ""


def test_it_comes_in_and_goes_out_over_the_right_borders() -> None:
    shown = film(WALL, Mover("yellow", -200, 150, vx=150))
    entering = said(window(shown, 2.6), history=EARLIER)
    leaving = said(window(shown, 6.2), history=EARLIER)
    assert claims.directions(entering) == {"right"}
    assert "left" in entering
    assert claims.directions(leaving) == {"right"}
    assert claims.colours(entering) == claims.colours(leaving) == {"yellow"}


def test_the_light_goes_out_and_comes_on_again() -> None:
    shown = film(WALL, light=lambda t: 0.1 if 5 <= t < 10 else 1.0)
    out, dark, on = (said(window(shown, end), history=EARLIER) for end in (5.5, 9.0, 10.5))
    assert "dark" in out.lower() or "light" in out.lower()
    assert measured(window(shown, 5.5)).light.change == "out"
    assert "dark" in dark.lower()
    assert measured(window(shown, 10.5)).light.change == "on"
    assert any(word in on for word in ("light is on", "light now", "Out of the dark", "is over"))
    for line in (out, dark, on):
        assert not claims.claims_motion(line.replace("goes out", "").replace("The view", ""))


def test_dimming_moves_nothing() -> None:
    scene = measured(window(film(WALL, light=lambda t: 1 - 0.12 * t), 3.0))
    assert scene.light.change == "darker"
    assert (scene.things, scene.cut, scene.pan) == ((), False, "")


def test_a_cut() -> None:
    meadow, wall = textured(2, (60, 150, 80), 50), textured(3, (190, 120, 60), 50)

    def shown(t: float) -> Image:
        return meadow if t < 10 else wall

    line = said(window(shown, 11.0), history=EARLIER)
    assert measured(window(shown, 11.0)).cut
    assert any(word in line.lower() for word in ("view", "scene", "picture"))
    assert not claims.claims_motion(line)
    assert claims.colours(line) <= {"blue"}
    told_again = said(window(shown, 12.0), history=[*EARLIER, line])
    assert "new scene" not in told_again
    assert not measured(window(shown, 14.0)).cut


@pytest.mark.parametrize(
    ("backdrop", "noise", "colours"),
    [(textured(4), 0.0, {"grey"}), (textured(4), 10.0, {"grey"}), (plain("blue"), 2.0, {"blue"})],
)
def test_nothing_at_all(backdrop: Image, noise: float, colours: set[str]) -> None:
    shown = film(backdrop, noise=noise)
    one = said(window(shown, 3.0, pictures=1))
    assert one
    assert not claims.claims_motion(one)
    assert measured(window(shown, 9.0)).still
    first = said(window(shown, 3.0))
    assert first
    assert claims.colours(first) <= colours
    lines = [first]
    for end in range(6, 30, 3):
        line = said(window(shown, float(end)), history=lines[-6:])
        lines += [line] if line else []
    assert len(lines) <= 2  # it says so, and is quiet then
    assert not any(claims.claims_motion(line) for line in lines)


@pytest.mark.parametrize(
    ("turn", "speed"), [("right", (60, 0)), ("left", (-75, 0)), ("up", (0, -40)), ("down", (0, 30))]
)
def test_the_camera_turns(turn: str, speed: tuple[int, int]) -> None:
    world = np.tile(textured(5, depth=60), (3, 3, 1))

    def shown(t: float) -> Image:
        left, top = WIDTH + round(speed[0] * t), HEIGHT + round(speed[1] * t)
        return np.ascontiguousarray(world[top : top + HEIGHT, left : left + WIDTH])

    scene = measured(window(shown, 3.0))
    assert (scene.pan, scene.things, scene.cut) == (turn, (), False)
    line = said(window(shown, 3.0), history=EARLIER)
    assert turn in line
    assert "camera" in line or "view" in line


def test_a_shaking_camera_moves_nothing() -> None:
    world = np.tile(textured(6, depth=60), (2, 2, 1))
    shakes = {0.0: (0, 0), 1.0: (5, -3), 2.0: (-4, 2), 3.0: (3, 4)}

    def shown(t: float) -> Image:
        right, down = shakes[t]
        return np.ascontiguousarray(world[20 + down : 380 + down, 20 + right : 660 + right])

    scene = measured(window(shown, 3.0))
    assert (scene.pan, scene.things, scene.cut) == ("", (), False)


def test_what_stands_at_a_border_does_not_come_from_there() -> None:
    """As somebody who reaches from top to bottom, stood there for long, and steps aside."""

    def shown(t: float) -> Image:
        aside = 0 if t < 9.5 else 150
        return film(WALL, Mover("purple", 250 + aside, 160, size=170, shape="bar"))(t)

    for end in (10.0, 11.0, 12.0):
        line = said(window(shown, end), history=EARLIER)
        assert claims.directions(line) <= {"right"}, line


def test_something_that_comes_and_stays() -> None:
    def shown(t: float) -> Image:
        return film(WALL, Mover("green", min(320.0, -60 + 130 * t), 200, size=50))(t)

    scene = measured(window(shown, 5.0))
    assert not any(one.gone for one in scene.things)
    assert claims.directions(said(window(shown, 5.0), history=EARLIER)) <= {"right"}
    assert measured(window(shown, 8.0)).still


@pytest.mark.parametrize(("pictures", "gap"), [(2, 1.0), (3, 2.0), (8, 0.4), (32, 0.1)])
def test_other_windows(pictures: int, gap: float) -> None:
    """Two pictures are as little as there is; long windows are thinned."""
    span = (pictures - 1) * gap
    mover = Mover("red", 80, 180, vx=440 / span, size=30)
    (thing,) = measured(window(film(WALL, mover), span, pictures=pictures, gap=gap)).things
    assert (thing.colour, thing.heading) == ("red", "right")


_BASES = {
    "grey": (120, 130, 125),
    "green": (70, 120, 80),
    "blue": (150, 110, 70),
    "white": (225, 228, 226),
    "black": (40, 42, 45),
}
_WAYS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


@pytest.mark.parametrize("seed", range(20))
def test_random_scenes(seed: int) -> None:
    """One thing of any colour, on any backdrop, any way: direction and colour are right."""
    rng = np.random.default_rng(seed)
    base = str(rng.choice(list(_BASES)))
    colour = str(rng.choice([name for name in BGR if name != base]))
    direction = str(rng.choice(list(_WAYS)))
    speed = rng.uniform(45, 80) if direction in {"up", "down"} else rng.uniform(45, 150)
    right, down = _WAYS[direction]
    mover = Mover(
        colour,
        x=rng.uniform(200, 440),
        y=rng.uniform(110, 250),
        vx=right * speed,
        vy=down * speed,
        size=rng.uniform(22, 50),
        shape=rng.choice(["ball", "square", "bar"]),
    )
    backdrop = textured(seed, _BASES[base], int(rng.integers(6, 30)))
    shown = film(backdrop, mover, noise=float(rng.choice([0, 3, 6])), seed=seed)
    lines = tell(shown, [1.5, 2.0])
    assert lines
    assert claims.colours(" ".join(lines)) == {colour}, lines
    assert claims.directions(" ".join(lines)) <= {direction}, lines
    assert claims.directions(lines[0]) == {direction}, lines
