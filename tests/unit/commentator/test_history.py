from __future__ import annotations

from livekit.plugins.pressbox.commentator import DropReason, Line, Lines, State, new_line
from livekit.plugins.pressbox.commentator.history import Covered, History
from livekit.plugins.pressbox.commentator.prompt import Turn


class Talk:
    """Lines on a clock of its own, and what is remembered of them."""

    def __init__(self) -> None:
        self.now = 100.0
        self.lines = Lines(lambda: self.now)
        self.history = History(self.lines)
        self.covered = Covered(self.lines)

    def line(self, text: str = "", *, question: str = "", anchor: float = 0.0) -> Line:
        kind = "answer" if question else "commentary"
        line = new_line(kind, anchor=anchor, requested_at=0.0, question=question)  # type: ignore[arg-type]
        line.text = text
        self.lines.add(line)
        return line

    def go(self, line: Line, *states: State) -> None:
        for state in states:
            self.lines.move(line, state)

    def say(self, line: Line) -> None:
        self.go(line, "ready", "waiting", "playing", "ended")

    def drop(self, line: Line, reason: DropReason = "late") -> None:
        self.lines.drop(line, reason)

    @property
    def turns(self) -> list[Turn]:
        return self.history.turns(but="")


def test_lines_are_turns_from_their_first_sound_on_and_grow() -> None:
    talk = Talk()
    line = talk.line("A ball")
    assert talk.turns == []
    talk.go(line, "ready")
    assert talk.turns == [Turn("assistant", "A ball")]
    line.text = "A ball rolls."
    talk.go(line, "waiting", "playing", "ended")
    assert talk.turns == [Turn("assistant", "A ball rolls.")]


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


def test_the_commentary_has_come_to_the_picture_that_was_spoken_of_or_still_may_be() -> None:
    talk = Talk()
    assert talk.covered.until == float("-inf")
    said = talk.line("A.", anchor=1.0)
    assert talk.covered.until == 1.0
    talk.say(said)
    reasons: list[DropReason] = ["late", "error", "cancelled"]
    for anchor, reason in enumerate(reasons, 2):
        line = talk.line("B.", anchor=anchor)
        assert talk.covered.until == anchor
        talk.drop(line, reason)
        assert talk.covered.until == 1.0
    talk.drop(talk.line("...", anchor=9.0), "empty")
    assert talk.covered.until == 9.0
    talk.drop(talk.line("A.", anchor=10.0), "repeat")
    assert talk.covered.until == 9.0  # once more, in other words
    talk.drop(talk.line("A.", anchor=10.1), "repeat")
    assert talk.covered.until == 10.1
    talk.say(talk.line("Yes.", question="Is it?", anchor=11.0))
    assert talk.covered.until == 10.1
    talk.covered.clear()
    assert talk.covered.until == float("-inf")


def test_what_would_have_been_a_repeat_is_known_until_something_is_said() -> None:
    talk = Talk()
    talk.drop(talk.line("A van."), "repeat")
    assert talk.turns == [Turn("assistant", "A van.")]
    talk.say(talk.line("A bus."))
    assert talk.turns == [Turn("assistant", "A bus.")]
