from __future__ import annotations

import asyncio
import time

import pytest
from livekit.plugins.pressbox.commentator import Kind, Line, Lines, new_line
from livekit.plugins.pressbox.commentator.repeats import SAME_WITHIN, Repeats

from tests.support.virtual_time import virtual

OLD = "A white car comes in from the top."
OTHERS = ("A man waves.", "Two dogs run off.", "It is dark.", "The gate opens.", "Rain begins.")


class Talk:
    def __init__(self, threshold: float = 0.8) -> None:
        self.lines = Lines(lambda: time.monotonic())
        self.repeats = Repeats(self.lines, threshold)

    def line(self, text: str, kind: Kind = "commentary") -> Line:
        line = new_line(kind, anchor=0.0, requested_at=0.0)
        line.text = text
        self.lines.add(line)
        return line

    def say(self, text: str, kind: Kind = "commentary") -> None:
        line = self.line(text, kind)
        for state in ("ready", "waiting", "playing", "ended"):
            self.lines.move(line, state)

    def like(self, text: str, *, whole: bool = True, kind: Kind = "commentary") -> str | None:
        line = self.line(text, kind)
        like = self.repeats.like(line, whole=whole)
        self.lines.drop(line, "cancelled")
        return like


@pytest.mark.parametrize(
    ("text", "repeat"),
    [
        ("A white car comes in from the top!", True),
        ("From the top comes in a white car.", True),
        ("A white car comes in from the right.", True),
        ("The white car has gone out at the bottom.", False),
        ("A red car stops.", False),
    ],
)
def test_a_line_is_compared_by_letters_and_by_words(text: str, repeat: bool) -> None:
    talk = Talk()
    talk.say(OLD)
    assert bool(talk.like(text)) is repeat


def test_what_the_source_says_anew_may_sound_alike() -> None:
    talk = Talk()
    talk.say("The source says: battery at 12 %.")
    line = talk.line("The source says: battery at 11 %.")
    assert talk.repeats.like(line, whole=True)
    line.news = True
    assert not talk.repeats.like(line, whole=True)


def test_a_line_in_flight_counts_and_its_own_text_does_not() -> None:
    talk = Talk()
    line = talk.line(OLD)
    assert talk.repeats.like(line, whole=True) == ""
    talk.lines.move(line, "ready")
    assert talk.like(OLD)
    talk.lines.drop(line, "late")  # it was never heard
    assert talk.like(OLD) == ""


def test_answers_are_said_in_any_words_and_do_not_forbid_them() -> None:
    talk = Talk()
    talk.say(OLD, "answer")
    assert talk.like(OLD) == ""
    talk.say(OLD)
    assert talk.like(OLD, kind="answer") == ""


@virtual
async def test_the_same_words_come_again_after_five_minutes() -> None:
    talk = Talk()
    talk.say(OLD)
    for other in OTHERS:
        talk.say(other)
    assert talk.like(OLD)
    assert talk.like("And a white car comes in from the top.")
    assert talk.like("A white car comes in from the right.") == ""  # like an older one only
    await asyncio.sleep(SAME_WITHIN + 1)
    assert talk.like(OLD) == ""


@pytest.mark.parametrize(
    ("text", "like"),
    [
        ("A white", None),
        ("A white car comes in fr", None),
        ("A white car comes in from the top. It", "repeat"),
        ("Nobody is left on the", ""),
    ],
)
def test_a_growing_text_is_judged_as_soon_as_it_tells(text: str, like: str | None) -> None:
    talk = Talk()
    talk.say(OLD)
    judged = talk.like(text, whole=False)
    assert judged is like if not like else judged
