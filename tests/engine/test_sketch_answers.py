"""Questions, answered from known scenes; what was not measured is not answered."""

from __future__ import annotations

import pytest

from models.engine import GenerationRequest, Picture, Turn
from models.sketch.eyes import Eyes
from models.sketch.narrator import reply
from models.sketch.told import CANNOT
from tests.engine.scenes import Mover, answered, film, textured, window
from tests.engine.test_narrator import LEFT, MIDDLE, RIGHT, STILL, seen

BALL = window(film(textured(1), Mover("red", 60, 100, vx=110)), 3.0)
PEOPLE = seen({"person 1": [LEFT] * 4, "person 2": [RIGHT] * 4, "dog 3": [MIDDLE] * 4})
RED = seen({"person 1": [MIDDLE] * 4}, dressed="red")
NOBODY = seen({})
DARK = window(film(textured(1), light=lambda _: 0.05), 3.0)
OUT = window(film(textured(1), light=lambda t: 1.0 if t < 2 else 0.1), 3.0)
Shown = tuple[Picture, ...]


@pytest.mark.parametrize(
    ("shown", "question", "told"),
    [
        (PEOPLE, "How many people are there?", "two people on the left and on the right"),
        (PEOPLE, "Where is the dog?", "a dog stands in the middle"),
        (PEOPLE, "Is there a cat?", "no"),
        (NOBODY, "Is anybody there?", "no"),
        (PEOPLE, "How many people are on the left?", "a person in grey on the left"),
        (BALL, "What moves?", "red goes to the right"),
        (DARK, "How bright is it?", "dark"),
        ((), "What moves?", "no picture"),
    ],
)
def test_what_it_measures(shown: Shown, question: str, told: str) -> None:
    assert told in answered(shown, question).lower()


@pytest.mark.parametrize(
    ("shown", "question"),
    [
        (BALL, "What is the capital of France?"),
        (STILL, "How many people are there?"),  # nobody has looked for any
        (seen({"person 1": [MIDDLE] * 4}), "What is the dog wearing?"),
    ],
)
def test_what_it_cannot_tell_it_says_in_one_sentence(shown: Shown, question: str) -> None:
    assert answered(shown, question) == CANNOT


SAID = "So far I said: Here comes somebody, from the right."
HEARD = (
    Turn("assistant", "I tell who and what is in view, where it is and goes, colours, light."),
    Turn("assistant", "So far I said: Something blue, from the left."),
    Turn("assistant", "Something large and red comes from the left."),
    Turn("user", "Talk about cars only."),
    Turn("assistant", "I will talk about cars only.\nHere comes somebody, from the right."),
    Turn("user", "Who is there?"),
    Turn("assistant", "Yes, a person on the right."),
    Turn("assistant", "The person walks out to the left. Now there is"),
)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("What happened?", f"{SAID} The person walks out to the left."),
        ("How many people have come?", "I have told of one that came."),
        ("How many cars have come?", "I have told of one that came; I can't tell cars from"),
        ("Which colour was the last car?", "The last that I told of was red; I can't tell cars"),
    ],
)
def test_only_commentary_is_remembered(question: str, told: str) -> None:
    request = GenerationRequest(pictures=STILL, history=HEARD, text=question, kind="answer")
    answer = " ".join(reply(request, Eyes()))
    assert answer.startswith(told), answer
    assert not {"Yes,", "will", "Now", "blue,"} & set(answer.split())


@pytest.mark.parametrize(
    ("shown", "question", "verdict"),
    [
        (PEOPLE, "Is there a person?", "Yes."),
        (PEOPLE, "Are there more than two people?", "No."),
        (PEOPLE, "Is there a person in the middle?", "No."),
        (PEOPLE, "Is the gate open?", "I can't tell."),
        (PEOPLE, '"a person is there"? If yes, say in one sentence what you see.', "Yes."),
        (NOBODY, "Is nobody in the picture?", "Yes."),
        (STILL, "Is there a person?", "I can't tell."),  # nobody has looked
        (RED, "Is somebody wearing red?", "Yes."),
        (STILL, "Is anything moving?", "No."),
        (OUT, "Is it dark?", "Yes."),
        (DARK, "Is there a person?", "I can't tell."),
    ],
)
def test_a_judge_answers_yes_or_no_or_that_it_cannot_tell(
    shown: Shown, question: str, verdict: str
) -> None:
    assert answered(shown, f"Answer yes or no: {question}") == verdict
