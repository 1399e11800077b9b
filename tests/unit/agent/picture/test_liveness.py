"""Still or lost: a source in virtual time, and what LiveKit receives of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from agent.picture.liveness import (
    GIVEN_UP_AFTER,
    KNOWN_AWAY_AFTER,
    LONGEST_PAUSE,
    MOST_SUBSCRIPTIONS,
    NO_PICTURE_AFTER,
    Liveness,
    Received,
    SourceLiveness,
)

TICK = 0.25
MINUTE = 60.0

LIVE, STILL, LOST = Liveness.LIVE, Liveness.STILL, Liveness.LOST


@dataclass
class Trial:
    """A source and its booth. Rates are in pictures a second."""

    screen: bool = False
    away: bool = False
    fps: float = 0.0
    handed_on: bool = True
    """LiveKit gives us what it decodes."""
    decodable: bool = True
    now: float = 1000.0
    bytes: int = 0
    decoded: int = 0
    states: list[Liveness] = field(default_factory=list)
    renewed: list[float] = field(default_factory=list)
    given_up: list[float] = field(default_factory=list)
    looks: int = 0
    due: float = 1000.0

    def __post_init__(self) -> None:
        self.liveness = SourceLiveness(self.now)

    def run(self, seconds: float, *, fps: float | None = None) -> set[Liveness]:
        """Time passes; returns the states that there were."""
        if fps is not None:
            self.fps, self.due = fps, self.now
        self.states.clear()
        for _ in range(round(seconds / TICK)):
            self.now += TICK
            while self.fps and self.due <= self.now:
                self._picture()
                self.due += 1 / self.fps
            self.states.append(self.liveness.look(self.now, away=self.away, screen=self.screen))
            self._look_for_picture()
        return set(self.states)

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
        if self.liveness.renew(self.now):
            self.renewed.append(self.now)
            self.bytes = self.decoded = 0
        if self.liveness.give_up(self.now):
            self.given_up.append(self.now)


@pytest.mark.parametrize("screen", [True, False])
@pytest.mark.parametrize("every", [1.0, 2.0, 5.0, 8.0, 60.0])
def test_one_that_sends_seldom_is_never_lost(every: float, screen: bool) -> None:
    trial = Trial(screen=screen)
    assert trial.run(10 * every + MINUTE, fps=1 / every) <= {LIVE, STILL}
    assert (trial.renewed, trial.given_up) == ([], [])


@pytest.mark.parametrize("screen", [True, False])
def test_one_that_sends_once_is_still_for_ever(screen: bool) -> None:
    trial = Trial(screen=screen)
    trial.run(TICK, fps=1)
    trial.run(NO_PICTURE_AFTER + 1, fps=0)
    assert trial.run(120 * MINUTE) == {STILL}
    assert (trial.renewed, trial.given_up) == ([], [])
    assert trial.looks < 120 * MINUTE / 4, "statistics are seldom asked for"


@pytest.mark.parametrize("fps", [10, 15, 30, 60])
def test_a_camera_that_stops_dead_is_lost(fps: float) -> None:
    trial = Trial()
    assert trial.run(10, fps=fps) == {LIVE}
    assert trial.run(NO_PICTURE_AFTER - TICK, fps=0) == {LIVE}
    trial.run(2 * TICK)
    assert trial.states[-1] is LOST
    assert trial.run(10 * MINUTE) == {LOST}
    assert trial.run(10, fps=fps) == {LIVE}


def test_a_screen_may_stop_after_it_has_moved() -> None:
    trial = Trial(screen=True)
    trial.run(30, fps=30)
    assert trial.run(10 * MINUTE, fps=0) <= {LIVE, STILL}
    assert trial.renewed == []


def test_a_slow_film_that_stops_is_still() -> None:
    trial = Trial()
    trial.run(30, fps=2)
    assert trial.run(10 * MINUTE, fps=0) <= {LIVE, STILL}


def test_one_that_is_known_to_be_away_is_lost_at_once_and_left_alone() -> None:
    trial = Trial(screen=True)
    trial.run(5, fps=1)
    trial.run(3, fps=0)
    trial.away = True
    trial.run(KNOWN_AWAY_AFTER + TICK)
    assert trial.states[-1] is LOST
    trial.run(60 * MINUTE)
    assert (trial.renewed, trial.given_up) == ([], [])
    trial.away = False
    assert trial.run(10) == {LOST}, "its first picture proves that it is back"
    assert trial.run(1, fps=1) == {LIVE}


def test_pictures_are_more_to_be_believed_than_what_is_known() -> None:
    trial = Trial(away=True)
    assert trial.run(60, fps=10) == {LIVE}


def test_a_first_picture_is_asked_for_a_few_times_and_ever_more_seldom() -> None:
    trial = Trial()
    trial.run(24 * 60 * MINUTE)
    assert trial.states[-1] is LOST
    assert len(trial.renewed) == MOST_SUBSCRIPTIONS
    pauses = [later - sooner for sooner, later in pairwise([1000.0, *trial.renewed])]
    assert all(later >= min(1.8 * sooner, LONGEST_PAUSE) for sooner, later in pairwise(pauses))
    assert len(trial.given_up) == 1
    assert trial.given_up[0] - 1000.0 == pytest.approx(GIVEN_UP_AFTER, abs=2 * TICK)


def test_one_that_has_not_been_seen_yet_is_found_by_its_first_picture() -> None:
    trial = Trial()
    trial.run(10 * MINUTE)
    before = len(trial.renewed)
    trial.run(TICK, fps=1 / 8)
    assert trial.run(10 * MINUTE) <= {LIVE, STILL}
    assert len(trial.renewed) == before


def test_what_is_decoded_and_not_handed_on_is_fetched_anew_at_once() -> None:
    trial = Trial()
    trial.run(10, fps=15)
    trial.handed_on = False
    trial.run(4)
    assert len(trial.renewed) == 1
    trial.run(30)
    assert 3 <= len(trial.renewed) <= 5
    trial.run(24 * 60 * MINUTE)
    assert len(trial.renewed) < 24 * 60 * MINUTE / LONGEST_PAUSE + 12
    trial.handed_on = True
    assert LIVE in trial.run(1)


def test_a_slow_source_that_is_not_handed_on_is_lost_too() -> None:
    trial = Trial(screen=True)
    trial.run(20, fps=2)
    trial.handed_on = False
    trial.run(MINUTE)
    assert trial.states[-1] is LOST
    assert 2 <= len(trial.renewed) <= 6


def test_a_single_picture_that_is_on_its_way_to_us_is_not_starvation() -> None:
    trial = Trial()
    trial.run(TICK, fps=0.125)
    for turn in range(40):
        trial.decoded += 1  # the statistics are faster than the picture
        trial.run(0.5, fps=0)
        trial.liveness.picture(trial.now)
        trial.run(7 + TICK * (turn % 12))
    assert (trial.renewed, LOST in trial.states) == ([], False)


def test_what_arrives_and_cannot_be_decoded_is_told_and_given_up() -> None:
    trial = Trial(decodable=False)
    trial.run(MINUTE, fps=15)
    assert trial.states[-1] is LOST
    assert trial.liveness.garbled
    assert len(trial.given_up) == 1
    assert len(trial.renewed) < 6
    trial.decodable = True
    trial.run(2)
    assert not trial.liveness.garbled


def test_a_moving_picture_that_becomes_garbled_is_lost_also_where_it_is_a_screen() -> None:
    trial = Trial(screen=True)
    trial.run(10, fps=5)
    trial.decodable = False
    trial.run(10)
    assert trial.states[-1] is LOST


def test_another_source_is_given_time() -> None:
    trial = Trial()
    trial.run(10, fps=15)
    trial.liveness.choose(trial.now)
    assert trial.run(NO_PICTURE_AFTER, fps=0) == {LIVE}
    trial.run(1)
    assert trial.states[-1] is LOST
    trial.liveness.choose(trial.now)
    assert trial.run(3) == {LOST}, "only a picture proves that it is back"
    assert trial.renewed == []


def test_unknown_statistics_say_nothing() -> None:
    trial = Trial()
    trial.run(TICK, fps=0.001)
    for _ in range(100):
        trial.now += 1
        trial.liveness.received(None)
        assert not trial.liveness.renew(trial.now)
        assert trial.liveness.look(trial.now, away=False, screen=False) is not LOST
