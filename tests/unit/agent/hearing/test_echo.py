"""The booth's own voice, come back by a microphone."""

from __future__ import annotations

from livekit.plugins.pressbox.commentator import Line, Lines, new_line

from agent.hearing.echo import Echo

SAID = "A person in a red coat comes in from the left."
HEARD = "a person in a red coat comes in"


class Voice:
    def __init__(self) -> None:
        self.now = 100.0
        self.lines = Lines(lambda: self.now)
        self.echo = Echo()
        self.lines.listen(self.echo.changed)

    def begin(self, text: str, *, text_only: bool = False) -> Line:
        line = new_line("commentary", anchor=0.0, requested_at=0.0)
        self.lines.add(line)
        line.text, line.text_only = text, text_only
        for state in ("ready", "waiting", "playing"):
            self.lines.move(line, state)
        return line


def test_a_line_that_comes_back_is_known_while_it_is_heard_and_a_moment_after() -> None:
    voice = Voice()
    line = voice.begin(SAID)
    assert voice.echo.is_own(HEARD, 100.5, 102.0)
    assert not voice.echo.is_own("How many cars are on the road?", 100.5, 102.0)
    voice.now = 103.0
    voice.lines.move(line, "ended")
    assert voice.echo.is_own(HEARD, 103.5, 105.0)
    assert not voice.echo.is_own(HEARD, 110.0, 112.0)
    assert not voice.echo.is_own(HEARD, 97.0, 99.0)


def test_what_was_only_written_makes_no_echo() -> None:
    voice = Voice()
    voice.begin(SAID, text_only=True)
    assert not voice.echo.is_own(HEARD, 100.5, 102.0)
    assert not voice.echo.is_own("", 100.5, 102.0)


def test_without_a_text_what_lies_mostly_in_a_line_is_taken_for_it() -> None:
    voice = Voice()
    voice.begin(SAID)
    assert voice.echo.is_own("", 99.5, 102.0)
    assert not voice.echo.is_own("", 97.0, 101.0)
