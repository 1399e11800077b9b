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
