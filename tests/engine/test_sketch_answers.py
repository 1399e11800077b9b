"""Questions, answered from known scenes."""

from __future__ import annotations

import pytest

from models.engine import Picture
from tests.engine import claims
from tests.engine.scenes import Mover, answered, film, plain, textured, window

WALL = textured(1)
BALL = window(film(WALL, Mover("red", 60, 100, vx=110)), 3.0)
TWO = window(
    film(WALL, Mover("blue", 120, 280, vx=70, shape="square"), Mover("yellow", 560, 80, vx=-90)),
    3.0,
)
EMPTY = window(film(WALL), 3.0)
DARK = window(film(WALL, light=lambda t: 0.05), 3.0)
OUT = window(film(WALL, light=lambda t: 1.0 if t < 2 else 0.1), 3.0)


BLUE = window(film(plain("blue")), 3.0)
ONE = window(film(WALL, Mover("red", 300, 180)), 0.0, pictures=1)
Shown = tuple[Picture, ...]


@pytest.mark.parametrize("question", ["What moves?", "Is anything moving?", "What's going on?"])
def test_what_moves(question: str) -> None:
    told = answered(BALL, question)
    assert claims.colours(told) == {"red"}
    assert claims.directions(told) == {"right"}
    assert "nothing moves" in answered(EMPTY, question).lower()
    assert "dark" in answered(DARK, question)


@pytest.mark.parametrize(
    ("shown", "question", "directions"),
    [
        (BALL, "Which direction does it go?", {"right"}),
        (BALL, "Where's it heading", {"right"}),
        (EMPTY, "Where is the red ball going?", set()),
        (TWO, "Which way does the yellow ball move?", {"left"}),
        (TWO, "Which way does the blue square move?", {"right"}),
    ],
)
def test_which_direction(shown: Shown, question: str, directions: set[str]) -> None:
    assert claims.directions(answered(shown, question)) == directions


@pytest.mark.parametrize(
    ("shown", "question", "colours"),
    [
        (TWO, "Where is the yellow thing?", {"yellow"}),
        (BALL, "What colour is it?", {"red"}),
        (BALL, "what just happened", {"red"}),
        (TWO, "what colors do you see moving", {"blue", "yellow"}),
        (BLUE, "What color is the background?", {"blue"}),
    ],
)
def test_which_colour(shown: Shown, question: str, colours: set[str]) -> None:
    assert claims.colours(answered(shown, question)) == colours


@pytest.mark.parametrize(
    ("shown", "question", "said"),
    [
        (TWO, "Where is the yellow thing?", "top"),
        (TWO, "Where is the blue one?", "bottom"),
        (TWO, "How many things are moving?", "Two"),
        (BALL, "how many objects do you see", "One"),
        (EMPTY, "How many things are there?", "only count what moves"),
        (BALL, "Is there anything red?", "Yes"),
        (BALL, "Do you see something purple?", "no purple"),
        (DARK, "What colour is the wall?", "dark"),
        (DARK, "How bright is it?", "black"),
        (window(film(plain("white")), 3.0), "Is it dark?", "bright"),
        (OUT, "Is the light on?", "the light went out"),
        (EMPTY, "What has changed?", "nothing has changed"),
        (BALL, "How fast is it?", "about 6 seconds"),  # 640 pixels at 110 pixels a second
        (BALL, "Is anyone there?", "no face"),
        (BALL, "Who are you?", "motion, light and colour"),
        ((), "What moves?", "no picture"),
        (ONE, "What moves?", "only one picture"),
    ],
)
def test_what_it_measures(shown: Shown, question: str, said: str) -> None:
    assert said in answered(shown, question)


@pytest.mark.parametrize(
    "question", ["What is the capital of France?", "Will it rain?", "?", "Was ist das?"]
)
def test_what_it_cannot_tell_it_says_so(question: str) -> None:
    told = answered(BALL, question)
    assert "only measure" in told or "All I measure" in told
    assert claims.colours(told) <= {"red", "grey"}
