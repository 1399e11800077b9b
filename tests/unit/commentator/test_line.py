"""The states of a line, and the list of those in flight."""

from __future__ import annotations

import itertools
from typing import get_args

import pytest
from livekit.plugins.pressbox.commentator import Line, Lines, State, new_line

WAY: tuple[State, ...] = ("made", "ready", "waiting", "playing", "ended")


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lines(clock: Clock) -> Lines:
    return Lines(clock)


def added(lines: Lines, state: State = "made", text: str = "") -> Line:
    """A line that has come so far."""
    line = new_line("commentary", anchor=1.0, requested_at=2.0)
    line.text = text
    lines.add(line)
    for step in WAY[1 : WAY.index(state) + 1] if state != "dropped" else ():
        assert lines.move(line, step)
    if state == "dropped":
        lines.drop(line, "late")
    return line


@pytest.mark.parametrize("state", get_args(State))
@pytest.mark.parametrize("to", get_args(State))
def test_a_line_goes_one_way_one_step_at_a_time(lines: Lines, state: State, to: State) -> None:
    line = added(lines, state)
    heard: list[State] = []
    lines.listen(lambda line: heard.append(line.state))
    if state == "dropped":
        assert not lines.move(line, to)
    elif (state, to) in itertools.pairwise(WAY):
        assert lines.move(line, to)
        assert heard == [line.state] == [to]
        return
    else:
        with pytest.raises(ValueError, match=f"{state} cannot become {to}"):
            lines.move(line, to)
    assert (line.state, heard) == (state, [])


@pytest.mark.parametrize("state", WAY)
def test_a_line_can_be_dropped_until_it_has_ended(lines: Lines, state: State) -> None:
    line = added(lines, state)
    line.speech.append(b"sound")
    heard: list[State] = []
    lines.listen(lambda line: heard.append(line.state))
    lines.drop(line, "error", "why")
    lines.drop(line, "late")
    if state == "ended":
        assert (line.state, line.reason, heard) == ("ended", None, [])
        return
    assert (line.state, line.reason, line.error) == ("dropped", "error", "why")
    assert heard == ["dropped"]
    assert (len(lines), len(line.speech)) == (0, 0)
    assert line.duration is not None


def test_listeners_hear_in_their_order_once_the_change_is_made(lines: Lines) -> None:
    heard: list[tuple[str, State, int]] = []
    lines.listen(lambda line: heard.append(("first", line.state, len(lines))))
    lines.listen(lambda line: heard.append(("second", line.state, len(lines))))
    lines.drop(added(lines), "late")
    assert heard == [
        ("first", "made", 1),
        ("second", "made", 1),
        ("first", "dropped", 0),
        ("second", "dropped", 0),
    ]


def test_a_line_is_complete_once(lines: Lines, clock: Clock) -> None:
    line = added(lines, "playing")
    line.audio_seconds = 3.0
    heard: list[float | None] = []
    lines.listen(lambda line: heard.append(line.duration))
    clock.now = 105.0
    lines.complete(line)
    line.audio_seconds, clock.now = 4.0, 106.0
    lines.complete(line)
    assert (line.duration, line.completed_at, heard) == (3.0, 105.0, [3.0])


def test_times_are_those_of_the_moves(lines: Lines, clock: Clock) -> None:
    line = added(lines)
    for state in WAY[1:]:
        clock.now += 1
        lines.move(line, state)
    assert (line.ready_at, line.started_at, line.ended_at) == (101.0, 103.0, 104.0)
    assert lines.silent_since == 104.0


def test_a_line_that_was_never_heard_breaks_no_silence(lines: Lines) -> None:
    line = added(lines, "waiting", "Hello.")
    lines.drop(line, "late")
    assert (line.ended_at, line.said) == (None, "")
    assert lines.silent_since == float("-inf")


def test_of_a_line_cut_short_only_what_was_heard_was_said(lines: Lines, clock: Clock) -> None:
    line = added(lines, "playing", " one two three four ")
    line.audio_seconds = 4.0
    lines.complete(line)
    assert line.said == "", "not known before its end"
    clock.now += 1.5
    lines.drop(line, "interrupted")
    assert line.said == "one two"


def test_a_whole_line_was_said_whole_however_long_it_was_heard(lines: Lines) -> None:
    assert added(lines, "ended", " one two ").said == "one two"


@pytest.mark.parametrize(
    ("heard", "shown"), [(0.0, "one "), (1.0, "one two "), (4.0, "one two three four")]
)
def test_words_are_shown_as_they_begin(heard: float, shown: str) -> None:
    line = Line("id", "commentary", 0.0, 0.0, text="one two three four", duration=4.0)
    assert line.shown(heard) == shown
    line.text_only = True
    assert line.shown(heard) == line.text


def test_letters_that_take_longer_to_say_come_slower_while_the_length_is_not_known() -> None:
    line = Line("id", "commentary", 0.0, 0.0, text="门" * 40)
    assert 4 <= len(line.shown(1.0)) <= 7
    line.text = "word " * 8
    assert 15 <= len(line.shown(1.0)) <= 20


def test_a_line_that_is_not_spoken_stays_as_long_as_reading_takes() -> None:
    line = Line("id", "commentary", 0.0, 0.0, text="x" * 45, text_only=True)
    assert line.length is None
    line.duration = 0.0
    assert line.length == pytest.approx(3.0)
    line.text = "Oh."
    assert line.length == 1.0
