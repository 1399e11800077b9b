"""Questions, answered from known scenes."""

from __future__ import annotations

import pytest

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


@pytest.mark.parametrize(
    "question", ["What moves?", "what's moving", "Is anything moving?", "What is going on here?"]
)
def test_what_moves(question: str) -> None:
    told = answered(BALL, question)
    assert claims.colours(told) == {"red"}
    assert claims.directions(told) == {"right"}
    assert "nothing moves" in answered(EMPTY, question).lower()
    assert "dark" in answered(DARK, question)


@pytest.mark.parametrize(
    "question",
    ["Which direction does it go?", "Where is the red ball going?", "Where's it heading"],
)
def test_which_direction(question: str) -> None:
    assert claims.directions(answered(BALL, question)) == {"right"}
    assert claims.directions(answered(EMPTY, question)) == set()


def test_questions_about_one_of_two() -> None:
    assert claims.directions(answered(TWO, "Which way does the yellow ball move?")) == {"left"}
    assert claims.directions(answered(TWO, "Which way does the blue square move?")) == {"right"}
    assert claims.colours(answered(TWO, "Where is the yellow thing?")) == {"yellow"}
    assert "top" in answered(TWO, "Where is the yellow thing?")
    assert "bottom" in answered(TWO, "Where is the blue one?")


def test_how_many() -> None:
    assert answered(TWO, "How many things are moving?").startswith("Two things move")
    assert answered(BALL, "how many objects do you see").startswith("One thing moves")
    assert "only count what moves" in answered(EMPTY, "How many things are there?")


def test_colour() -> None:
    assert claims.colours(answered(BALL, "What colour is it?")) == {"red"}
    assert claims.colours(answered(TWO, "what colors do you see moving")) == {"blue", "yellow"}
    blue = window(film(plain("blue")), 3.0)
    assert claims.colours(answered(blue, "What color is the background?")) == {"blue"}
    assert answered(BALL, "Is there anything red?").startswith("Yes")
    assert answered(BALL, "Do you see something purple?") == "I see no purple worth mentioning."
    assert "dark" in answered(DARK, "What colour is the wall?")


def test_brightness() -> None:
    assert "almost black" in answered(DARK, "How bright is it?")
    assert "bright" in answered(window(film(plain("white")), 3.0), "Is it dark?")
    out = answered(OUT, "Is the light on?")
    assert "the light went out" in out


def test_what_changed() -> None:
    assert "nothing has changed" in answered(EMPTY, "What has changed?")
    assert "dark" in answered(OUT, "What happened?").lower() or "light" in answered(OUT, "?")
    assert claims.colours(answered(BALL, "what just happened")) == {"red"}


def test_where() -> None:
    assert "at the top" in answered(BALL, "Where is the red ball?")


def test_speed() -> None:
    # 640 pixels at 110 pixels a second
    assert "about 6 seconds" in answered(BALL, "How fast is it?")


def test_people() -> None:
    told = answered(BALL, "Is anyone there?")
    assert told.startswith("I notice no face")


@pytest.mark.parametrize(
    "question",
    [
        "What is the capital of France?",
        "Why is he sad?",
        "Will it rain?",
        "Please sing",
        "?",
        "\N{GRINNING FACE}",
        "Was ist das?",
    ],
)
def test_what_it_cannot_tell_it_says_so(question: str) -> None:
    told = answered(BALL, question)
    assert "only measure" in told or "All I measure" in told
    assert claims.colours(told) <= {"red", "grey"}


def test_itself() -> None:
    assert "motion, light and colour" in answered(BALL, "Who are you?")


def test_no_picture_and_one_picture() -> None:
    assert answered((), "What moves?") == "I see no picture yet."
    one = window(film(WALL, Mover("red", 300, 180)), 0.0, pictures=1)
    assert "only one picture" in answered(one, "What moves?")
