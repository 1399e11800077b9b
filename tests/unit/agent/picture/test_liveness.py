"""Still or lost: a source in virtual time, and what LiveKit receives of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from agent.picture.liveness import (
    GIVEN_UP_AFTER,
    KNOWN_AWAY_AFTER,
    LONGEST_PAUSE,
    NO_PICTURE_AFTER,
    Liveness,
    Received,
)

START = 1000.0
TICK = 0.25
MINUTE = 60.0


@dataclass
class Trial:
    """A source and its booth. Rates are in pictures a second."""

    screen: bool = False
    away: bool = False
    fps: float = 0.0
    handed_on: bool = True
    """LiveKit gives us what it decodes."""
    decodable: bool = True
    now: float = START
    interval: float = 0.0
    bytes: int = 0
    decoded: int = 0
    renewed: list[float] = field(default_factory=list)
    hopeless: list[float] = field(default_factory=list)
    looks: int = 0
    due: float = START
    liveness: Liveness = field(default_factory=lambda: Liveness(START))

    def run(self, seconds: float, *, fps: float | None = None) -> set[bool]:
        """Time passes; returns whether it was lost, at all looks."""
        if fps is not None:
            self.fps, self.due = fps, self.now
        lost = set()
        for _ in range(round(seconds / TICK)):
            self.now += TICK
            while self.fps and self.due <= self.now:
                self._picture()
                self.due += 1 / self.fps
            self.liveness.look(self.now, away=self.away, screen=self.screen, interval=self.interval)
            lost.add(self.liveness.lost)
            self._look_for_picture()
        return lost

    def _picture(self) -> None:
        self.bytes += 1000
        if self.decodable:
            self.decoded += 1
            if self.handed_on:
                self.liveness.picture(self.due)

    def _look_for_picture(self) -> None:
        if self.liveness.asks_received(self.now):
            self.looks += 1
            self.liveness.received(Received(self.bytes, self.decoded))
        if self.liveness.renews(self.now):
            self.renewed.append(self.now)
            self.bytes = self.decoded = 0
        if self.liveness.hopeless(self.now):
            self.hopeless.append(self.now)


@pytest.mark.parametrize("screen", [True, False])
@pytest.mark.parametrize("every", [0.5, 2.0, 8.0, 60.0])
def test_one_that_sends_seldom_and_stops_is_never_lost(every: float, screen: bool) -> None:
    trial = Trial(screen=screen)
    assert trial.run(10 * every, fps=1 / every) == {False}
    looks = trial.looks
    assert trial.run(120 * MINUTE, fps=0) == {False}
    assert (trial.renewed, trial.hopeless) == ([], [])
    assert trial.looks - looks < 120 * MINUTE / 4, "statistics are seldom asked for"


def test_whoever_says_that_pictures_are_rare_is_believed() -> None:
    trial = Trial(interval=10.0)
    assert trial.run(38) == {False}
    assert trial.hopeless == []
    assert True in trial.run(5)


@pytest.mark.parametrize("fps", [10, 60])
def test_a_camera_that_stops_dead_is_lost(fps: float) -> None:
    trial = Trial()
    assert trial.run(10, fps=fps) == {False}
    assert trial.run(NO_PICTURE_AFTER - TICK, fps=0) == {False}
    trial.run(2 * TICK)
    assert trial.run(10 * MINUTE) == {True}
    assert trial.run(10, fps=fps) == {False}


def test_one_that_is_known_to_be_away_is_lost_at_once_and_left_alone() -> None:
    trial = Trial(screen=True)
    trial.run(5, fps=1)
    trial.run(3, fps=0)
    trial.away = True
    trial.run(KNOWN_AWAY_AFTER + TICK)
    assert trial.run(60 * MINUTE) == {True}
    assert (trial.renewed, trial.hopeless) == ([], [])
    trial.away = False
    assert trial.run(10) == {True}, "its first picture proves that it is back"
    assert trial.run(1, fps=1) == {False}


def test_a_first_picture_is_asked_for_ever_more_seldom() -> None:
    trial = Trial()
    trial.run(5 * 60 * MINUTE)
    assert trial.liveness.lost
    pauses = [later - sooner for sooner, later in pairwise([START, *trial.renewed])]
    assert all(later >= min(1.8 * sooner, LONGEST_PAUSE) for sooner, later in pairwise(pauses))
    assert max(pauses) < LONGEST_PAUSE + 1
    assert trial.hopeless[0] - START == pytest.approx(GIVEN_UP_AFTER, abs=2 * TICK)
    renewed = len(trial.renewed)
    trial.run(TICK, fps=1 / 8)
    assert trial.run(10 * MINUTE) == {False}
    assert len(trial.renewed) == renewed


def test_what_is_decoded_and_not_handed_on_is_fetched_anew_at_once() -> None:
    trial = Trial()
    trial.run(10, fps=15)
    trial.handed_on = False
    trial.run(4)
    assert len(trial.renewed) == 1
    trial.run(30)
    assert 3 <= len(trial.renewed) <= 5
    assert not trial.liveness.garbled
    trial.run(24 * 60 * MINUTE)
    assert len(trial.renewed) < 24 * 60 * MINUTE / LONGEST_PAUSE + 12
    trial.handed_on = True
    assert False in trial.run(1)


def test_a_single_picture_that_is_on_its_way_to_us_is_not_starvation() -> None:
    trial = Trial()
    trial.run(TICK, fps=0.125)
    for turn in range(40):
        trial.decoded += 1  # the statistics are faster than the picture
        assert trial.run(0.5, fps=0) == {False}
        trial.liveness.picture(trial.now)
        assert trial.run(7 + TICK * (turn % 12)) == {False}
    assert trial.renewed == []


def test_what_arrives_and_cannot_be_decoded_is_told_and_given_up() -> None:
    trial = Trial(decodable=False)
    trial.run(MINUTE, fps=15)
    assert trial.liveness.lost
    assert trial.liveness.garbled
    assert trial.hopeless
    assert len(trial.renewed) < 6
    trial.decodable = True
    trial.run(2)
    assert not trial.liveness.garbled
