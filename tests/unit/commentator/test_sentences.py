"""Where a text is cut so that it can be spoken while it grows."""

from __future__ import annotations

import random

import pytest

from agent.voice.sentences import LONGEST, Piece, SentenceCutter


def cut(text: str, size: int = 1) -> list[Piece]:
    cutter = SentenceCutter()
    found = []
    for at in range(0, len(text), size):
        found += cutter.push(text[at : at + size])
    return found + cutter.flush()


def texts(text: str) -> list[str]:
    return [piece.text for piece in cut(text)]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("A man runs. He stops!", ["A man runs.", "He stops!"]),
        ("It is 3.5 metres wide. Wide?", ["It is 3.5 metres wide.", "Wide?"]),
        ("Dr. Smith and J. Doe wave. Nice.", ["Dr. Smith and J. Doe wave.", "Nice."]),
        ("Am 3. Mai regnet es. Oft.", ["Am 3. Mai regnet es.", "Oft."]),
        ('He says "Stop." Then he goes.', ['He says "Stop."', "Then he goes."]),
        ("Well... it moves.", ["Well...", "it moves."]),
        ("球が動く。止まった。", ["球が動く。", "止まった。"]),
        ("One line\nanother line", ["One line", "another line"]),
        ("...", []),
        (" \n ", []),
        ("", []),
    ],
)
def test_cuts(text: str, pieces: list[str]) -> None:
    assert texts(text) == pieces


def test_a_sentence_is_due_with_the_space_behind_it() -> None:
    cutter = SentenceCutter()
    assert cutter.push("A man runs.") == []
    assert cutter.push(" ") == [Piece("A man runs.", True)]


def test_a_long_first_sentence_begins_at_a_clause_and_a_later_one_waits() -> None:
    long = "A man in a red jacket runs along the wet street, then he stops and looks back"
    cutter = SentenceCutter()
    assert cutter.push(long) == [
        Piece("A man in a red jacket runs along the wet street,", whole=False)
    ]
    assert cutter.push(". ") == [Piece("then he stops and looks back.", whole=True)]
    assert cutter.push(long) == []


def test_a_sentence_that_is_there_already_is_not_torn_apart() -> None:
    text = "A man in a red jacket runs along the wet street, then he stops. "
    assert SentenceCutter().push(text) == [Piece(text.strip(), whole=True)]


def test_nothing_is_lost_and_nothing_is_too_long() -> None:
    dice = random.Random(3)
    marks = [" ", " ", " ", ", ", ". ", "; ", "! ", " - ", "\n", "3.5 ", "Dr. "]
    for _ in range(60):
        words = ["a" * dice.randint(1, 14) + dice.choice(marks) for _ in range(dice.randint(1, 80))]
        text = "".join(words) + ("x" * 700 if dice.random() < 0.1 else "")
        pieces = cut(text, dice.choice([1, 3, 50, 2000]))
        assert "".join(text.split()) == "".join("".join(p.text.split()) for p in pieces)
        assert max(len(piece.text) for piece in pieces) <= LONGEST
        assert pieces[-1].whole
