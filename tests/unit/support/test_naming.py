"""What the bench calls a true name, and what it calls found."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.bench.labels import Labels
from tests.bench.named_lines import hold
from tests.bench.naming import Tally

LABELS = Labels({0: (0, 0), 2: (1, 1), 4: (0, 1), 12: (0, 0), 14: (0, 0)}, frozenset({"tv"}))


@pytest.mark.parametrize(
    ("at", "line", "true"),
    [
        (2.0, "A person comes in from the left.", True),
        (3.0, "The person, dressed in grey, stops.", True),
        (1.0, "Nobody is left.", True),
        (2.0, "Nobody is in view.", False),
        (13.0, "Somebody stands in the middle.", False),
        (5.0, "The person has left.", True),
        (14.0, "The person has left to the right.", False),
        (13.0, "Three people are here.", False),
        (13.0, "A tv is on.", True),
        (13.0, "Two cell phones lie there.", False),
    ],
)
def test_a_line_is_true_when_all_that_it_names_was_there(at: float, line: str, true: bool) -> None:
    told = hold([(at, line)], LABELS)
    assert (told.named, told.true) == (1, true)


def test_a_line_that_names_nothing_is_not_counted() -> None:
    told = hold([(2.0, "Something large and black moves to the right.")], LABELS)
    assert (told.named, told.found, told.there) == (0, 0, 1)


def test_a_person_is_found_while_the_last_line_has_one() -> None:
    labels = Labels({float(second): (1, 1) for second in range(0, 10, 2)}, frozenset())
    lines = [(1.5, "A person enters."), (5.0, "They stand."), (6.5, "The person is gone.")]
    assert hold(lines, labels).found == 4
    assert hold([(2.5, "A person enters.")], labels).found == 4


def test_names_in_a_picture_are_counted_one_by_one() -> None:
    tally = Tally()
    tally.add(2, Counter({"person": 2, "tv": 1, "dog": 1}), LABELS)
    tally.add(2, Counter(), LABELS)
    tally.add(4, Counter({"person": 1}), LABELS)
    assert (tally.named, tally.true, tally.there, tally.found) == (5, 3, 2, 1)
