"""Sound is played in step, in virtual time."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from ingress.reader.messages import Sound
from ingress.sound_buffer import KEPT, LEAD, LEAST, LOOSE, MOST, RATE, SoundBuffer, fitted

PIECE = 960


class Played:
    """A buffer, somebody who looks every 20 ms, and everything as it is heard."""

    def __init__(self) -> None:
        self.buffer = SoundBuffer()
        self.now = 100.0
        self.end = 0.0
        self.heard: list[tuple[float, NDArray[np.int16]]] = []

    def push(self, time: float, value: int = 1000) -> None:
        data = np.full(PIECE, value, "<i2").tobytes()
        self.buffer.push(Sound(time, self.now, data), self.now)

    def look(self) -> None:
        data = self.buffer.due(self.now, max(self.end - self.now, 0.0))
        if data:
            begin = max(self.end, self.now)
            self.heard.append((begin, np.frombuffer(data, np.int16)))
            self.end = begin + len(data) / 2 / RATE

    def run(self, seconds: float, *, late: float, burst: int = 1, drift: float = 0.0) -> None:
        """Pieces of 20 ms that come `late` seconds after their time; drift: seconds a second."""
        begin, sent = self.now, 0
        while self.now < begin + seconds:
            while begin + (sent + burst) * 0.02 + late <= self.now + 1e-9:
                for _ in range(burst):
                    self.push((begin + sent * 0.02) * (1 + drift) - begin * drift)
                    sent += 1
            self.look()
            self.now += 0.02

    @property
    def silence(self) -> float:
        """Seconds within what was heard, after the first sound, in which nothing was."""
        gaps = sum(
            max(after[0] - before[0] - len(before[1]) / RATE, 0)
            for before, after in pairwise(self.heard)
        )
        quiet = sum(int((samples == 0).sum()) for _, samples in self.heard[1:])
        return float(gaps + quiet / RATE)


def test_sound_is_heard_a_little_after_its_time() -> None:
    played = Played()
    played.push(played.now, 7)
    played.look()
    begin, samples = played.heard[0]
    first = int(np.argmax(samples != 0))
    assert begin + first / RATE == pytest.approx(100.0 + LEAST, abs=0.001)
    played.push(played.now + 0.5)
    played.look()
    assert len(played.heard) == 1, "what is not due waits"
    played.now += 0.5 + LEAST - LEAD + 0.001
    played.look()
    assert len(played.heard) == 2


@pytest.mark.parametrize("late", [0.0, 0.03, 0.2, 2.8])
def test_even_sound_is_played_without_a_gap(late: float) -> None:
    played = Played()
    played.run(10, late=late)
    assert played.silence < 0.02
    heard = sum(len(samples) for _, samples in played.heard) / RATE
    assert heard == pytest.approx(10 - late, abs=0.15)


@pytest.mark.parametrize("burst", [10, 35, 100])
def test_sound_in_bursts_is_played_without_a_gap_after_the_first_ones(burst: int) -> None:
    played = Played()
    played.run(14, late=0.02, burst=burst)
    played.heard.clear()
    played.run(60, late=0.02, burst=burst)
    assert played.silence < 0.05
    assert played.buffer.hold == pytest.approx(burst * 0.02, abs=0.06)


def test_a_picture_waits_for_its_sound_up_to_three_seconds() -> None:
    played = Played()
    played.run(5, late=0.02)
    assert (played.buffer.hold, played.buffer.late) == (0, 0)
    played.run(600, late=0.02, drift=-0.004)
    assert played.buffer.hold == pytest.approx(2.4, abs=0.1)
    assert played.silence < 2.6
    played = Played()
    played.run(10, late=MOST + 1)
    assert played.buffer.hold == 0
    assert played.buffer.late == pytest.approx(MOST + 1, abs=0.05)
    assert len(played.heard) > 200
    played.run(30, late=0.02)
    assert (played.buffer.hold, played.buffer.late) == (0, 0)


def test_a_clock_that_drifts_is_followed_without_a_jump() -> None:
    played = Played()
    played.run(60, late=0.02, drift=0.0005)
    assert played.silence < 0.05


def test_one_late_piece_does_not_make_all_others_wait() -> None:
    played = Played()
    played.run(10, late=0.02)
    delay = played.buffer.delay
    for _ in range(5):
        played.push(played.now - 0.4)
    played.run(2, late=0.02)
    assert played.buffer.delay == pytest.approx(delay, abs=0.01)


def test_a_time_that_was_wrong_for_a_moment_stops_nothing() -> None:
    played = Played()
    played.run(10, late=0.02)
    for leap in (2.5, -2.5):
        played.push(played.now + leap)
        played.run(5, late=0.02)
    assert played.silence < 0.2
    assert played.buffer.hold == 0


def test_no_more_than_a_little_is_kept() -> None:
    played = Played()
    for number in range(1000):
        played.push(played.now + 0.02 * number)
    assert len(played.buffer) <= KEPT / 0.02 + 2


@pytest.mark.parametrize(
    ("early", "changed"),
    [(-LOOSE / 2, (-5, -1)), (LOOSE / 2, (1, 5)), (0.1, (4800, 4800)), (-1.0, (-PIECE, -PIECE))],
)
def test_a_little_off_is_drawn_in_and_much_off_jumps(
    early: float, changed: tuple[int, int]
) -> None:
    data = np.arange(PIECE, dtype="<i2").tobytes()
    least, most = changed
    assert least <= len(fitted(data, early)) // 2 - PIECE <= most
