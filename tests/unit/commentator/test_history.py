from __future__ import annotations

import numpy as np

from agent.commentator.history import MAX_KEPT, MAX_TURNS, History, LastPicture
from agent.commentator.line import DropReason, Line, Lines, State, new_line
from agent.commentator.prompt import Turn
from agent.commentator.window import Grey


class Talk:
    """Lines on a clock of its own, and what is remembered of them."""

    def __init__(self) -> None:
        self.now = 100.0
        self.lines = Lines(lambda: self.now)
        self.history = History(self.lines)
        self.last = LastPicture(self.lines)

    def line(self, text: str = "", *, question: str = "", picture: int = -1) -> Line:
        kind = "answer" if question else "commentary"
        line = new_line(kind, anchor=0.0, requested_at=0.0, question=question)  # type: ignore[arg-type]
        line.text = text
        if picture >= 0:
            self.last.add(line, grey(picture))
        self.lines.add(line)
        return line

    def go(self, line: Line, *states: State) -> None:
        for state in states:
            self.lines.move(line, state)

    def say(self, line: Line) -> None:
        self.go(line, "ready", "waiting", "playing", "ended")

    def drop(self, line: Line, reason: DropReason = "late") -> None:
        self.lines.drop(line, reason)

    def picture(self) -> int | None:
        return None if self.last.grey is None else int(self.last.grey[0, 0])

    @property
    def turns(self) -> list[Turn]:
        return self.history.turns(but="")


def grey(level: int) -> Grey:
    return np.full((2, 2), level, np.uint8)


def test_lines_are_turns_from_their_first_sound_on_and_grow() -> None:
    talk = Talk()
    line = talk.line("A ball")
    assert talk.turns == []
    talk.go(line, "ready")
    assert talk.turns == [Turn("assistant", "A ball")]
    line.text = "A ball rolls."
    talk.go(line, "waiting", "playing", "ended")
    assert talk.turns == [Turn("assistant", "A ball rolls.")]


def test_what_was_dropped_unheard_was_never_said() -> None:
    talk = Talk()
    talk.go(line := talk.line("A."), "ready", "waiting")
    talk.drop(line)
    assert talk.turns == []


def test_of_a_line_cut_short_what_was_heard_is_remembered() -> None:
    talk = Talk()
    talk.go(line := talk.line("one two three four"), "ready", "waiting", "playing")
    line.audio_seconds = 4.0
    talk.lines.complete(line)
    talk.now += 1.5
    talk.drop(line, "interrupted")
    assert talk.turns == [Turn("assistant", "one two")]
    talk.history.correct(line.id, "one")
    talk.history.correct("unknown", "nothing")
    assert talk.turns == [Turn("assistant", "one")]
    talk.history.correct(line.id, "")
    assert talk.turns == []


def test_a_question_goes_before_its_answer_and_not_twice_into_its_own_request() -> None:
    talk = Talk()
    talk.say(talk.line("Red.", question="What colour?"))
    assert talk.turns == [Turn("user", "What colour?"), Turn("assistant", "Red.")]
    talk.history.replace({"m1": Turn("assistant", "A."), "m2": Turn("user", "And now?")})
    assert talk.history.turns(but="And now?") == [Turn("assistant", "A.")]
    assert talk.history.turns(but="Now?")[-1] == Turn("user", "And now?")


def test_it_stays_bounded() -> None:
    talk = Talk()
    for number in range(3 * MAX_KEPT):
        talk.say(talk.line(f"Line {number}."))
    assert len(talk.history._turns) == MAX_KEPT
    assert len(talk.turns) == MAX_TURNS
    assert talk.turns[-1].text == f"Line {3 * MAX_KEPT - 1}."


def test_the_last_picture_is_that_of_a_line_that_was_said_or_still_may_be() -> None:
    talk = Talk()
    assert talk.picture() is None
    said = talk.line("A.", picture=1)
    assert talk.picture() == 1
    talk.say(said)
    for picture in range(2, 9):  # more failures in a row than lines can be in flight
        line = talk.line("B.", picture=picture)
        assert talk.picture() == picture
        talk.drop(line)
        assert talk.picture() == 1
    talk.go(waiting := talk.line("C.", picture=10), "ready", "waiting")
    talk.drop(talk.line("D.", picture=11))
    assert talk.picture() == 10
    talk.drop(waiting, "interrupted")
    assert talk.picture() == 1


def test_pictures_of_lines_that_are_over_are_let_go() -> None:
    talk = Talk()
    for picture in range(50):
        talk.say(talk.line("A.", picture=picture))
        talk.drop(talk.line("B.", picture=picture))
    assert len(talk.last._pictures) == 1
    talk.last.clear()
    assert talk.picture() is None
