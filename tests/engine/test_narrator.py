"""The choice of words: varied, repeatable, and quiet when nothing is new."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from models.engine import Finished, GenerationRequest, TextDelta, Turn
from models.sketch.engine import SketchEngine, within
from tests.engine import claims
from tests.engine.scenes import Mover, film, measured, said, textured, window

WALL = textured(1)
BALL = film(WALL, Mover("red", 60, 200, vx=60))


def lines(count: int, room: str = "lobby") -> list[str]:
    history: list[str] = []
    for number in range(count):
        line = said(window(BALL, 1.0 + number), history=history[-6:], room=room)
        history += [line] if line else []
    return history


def test_it_does_not_repeat_itself() -> None:
    told = lines(9)
    assert len(told) >= 6
    assert len(set(told)) == len(told)
    for line in told:
        assert re.fullmatch(r"[A-Z][a-z ,.:]+\.", line), "fit to be spoken"
        assert len(line.split()) <= 20
        assert not re.search(r"\b(\w+) \1\b|  ", line), line
    for one, two in pairwise(set(line.lower().split()) for line in told):
        assert len(one & two) < 0.75 * len(one | two)


def test_the_same_request_gets_the_same_words() -> None:
    assert lines(5) == lines(5)
    earlier = ["All is still."]
    assert len({said(window(BALL, 4.0), history=earlier, room=str(at)) for at in range(20)}) > 2


def test_only_the_same_way_is_a_way_that_goes_on() -> None:
    back = window(film(WALL, Mover("red", 580, 200, vx=-110)), 3.0)
    onwards = re.compile(r"keeps|still|goes on|on goes", re.IGNORECASE)
    earlier = "A round red shape moves to the right."
    after_turn = {said(back, history=[earlier], room=str(at)) for at in range(30)}
    assert not any(onwards.search(line) for line in after_turn)
    after = "A round red shape moves to the left."
    assert any(onwards.search(said(back, history=[after], room=str(at))) for at in range(30))


def test_stillness_is_told_once_until_something_happens() -> None:
    still = window(film(WALL), 3.0)
    first = said(still, history=["The red one is out of the picture now."])
    assert first
    assert not claims.claims_motion(first)
    assert said(still, history=["Something red.", first]) == ""


@pytest.mark.parametrize(
    ("limit", "kept", "complete"),
    [
        (7, ["One two three.", "Four five."], True),
        (4, ["One two three."], False),
        (1, ["One"], False),
    ],
)
def test_a_token_limit(limit: int, kept: list[str], complete: bool) -> None:
    assert within(["One two three.", "Four five."], limit) == (kept, complete)


async def test_the_engine_without_pictures_and_without_a_word() -> None:
    engine = SketchEngine()
    try:
        await engine.start()
        silent = GenerationRequest(text="Say what happens.", kind="commentary")
        assert [type(delta) async for delta in engine.generate(silent)] == [Finished]
        question = GenerationRequest(text="What moves?", kind="answer", audio=False)
        text, end = [delta async for delta in engine.generate(question)]
        assert text == TextDelta("I see no picture yet.")
        assert isinstance(end, Finished)
        first = GenerationRequest(pictures=window(BALL, 3.0), history=(Turn("user", "Hi"),))
        deltas = [delta async for delta in engine.generate(first)]
        assert isinstance(deltas[0], TextDelta)
    finally:
        await engine.aclose()
        await engine.aclose()


def test_facts_are_bounded() -> None:
    crowd = [Mover("blue", 40 + 60 * at, 60 + 25 * at, vx=20, size=14) for at in range(10)]
    assert len(measured(window(film(WALL, *crowd), 3.0)).things) <= 6
