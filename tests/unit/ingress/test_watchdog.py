"""What the watchdog says, in virtual time."""

from __future__ import annotations

import pytest

from ingress.watchdog import Verdict, Watchdog


class Clocked:
    """A watchdog that is asked every 0.2 s, as its owner does."""

    def __init__(self, stall_after: float = 3.0) -> None:
        self.now = 1000.0
        self.dog = Watchdog(stall_after, self.now)

    def run(self, seconds: float, *, fps: float = 0.0, size: int = 1000) -> list[Verdict]:
        """Lets time pass with pictures at this rate; gives the verdicts without repetitions."""
        said: list[Verdict] = []
        end, begin, shown = self.now + seconds, self.now, 0
        while self.now < end - 1e-6:
            self.now += 0.2
            while fps and begin + (shown + 1) / fps <= self.now:
                shown += 1
                self.dog.picture(begin + shown / fps, size)
            verdict = self.dog.verdict(self.now)
            if not said or said[-1] != verdict:
                said.append(verdict)
        return said


def test_a_first_picture_has_twelve_seconds() -> None:
    clocked = Clocked()
    assert clocked.run(11.8) == ["waiting"]
    assert clocked.run(0.6)[-1] == "dead"


def test_pictures_are_fine_and_their_end_is_a_stall_then_death() -> None:
    clocked = Clocked()
    assert clocked.run(10, fps=30) == ["fine"]
    assert clocked.run(2.8) == ["fine"]
    assert clocked.run(2.2)[-1] == "stalled"
    assert clocked.run(1, fps=30) == ["fine"]
    assert clocked.run(2.8) == ["fine"]
    assert clocked.run(5.0)[-1] == "stalled"
    assert clocked.run(0.6)[-1] == "dead"


def test_a_camera_with_a_picture_every_five_seconds_is_no_stall() -> None:
    clocked = Clocked()
    clocked.dog.picture(clocked.now, 1000)
    clocked.run(60, fps=0.2)
    assert set(clocked.run(60, fps=0.2)) == {"fine"}
    assert clocked.run(18) == ["fine"]
    assert clocked.run(6)[-1] == "stalled"
    assert clocked.run(6)[-1] == "dead"


@pytest.mark.parametrize("every", [10.0, 30.0, 60.0])
def test_how_often_pictures_come_is_learnt_over_attempts(every: float) -> None:
    clocked = Clocked()
    attempts, begin = 0, clocked.now
    while clocked.now < begin + 20 * every:
        if (clocked.now - begin) % every < 0.2:
            clocked.dog.picture(clocked.now, 1000)
        if clocked.run(0.2)[-1] == "dead":
            clocked.dog.attempt(clocked.now)
            attempts += clocked.now > begin + 2 * every
    assert attempts == 0


def test_who_says_what_he_waits_for_is_waited_for() -> None:
    clocked = Clocked()
    for _ in range(60):
        clocked.dog.waits(clocked.now)
        assert clocked.run(1) == ["waiting"]
    assert clocked.run(14)[-1] == "dead"


def test_a_process_that_stood_still_does_not_blame_the_source() -> None:
    clocked = Clocked()
    clocked.run(5, fps=30)
    clocked.now += 3600
    assert clocked.run(2.8) == ["fine"]
    assert clocked.run(0.6)[-1] == "stalled"
