"""When a piece is due, and when pictures are left out."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ingress.reader.pacing import LOST, Backlog, Pace


def test_after_a_long_stop_it_goes_on_from_there() -> None:
    pace = Pace()
    pace.due(0.0, 100.0)
    assert pace.due(1.0, 101.0 + LOST * 2) == 101.0 + LOST * 2


def test_a_films_times_grow_even_where_its_own_do_not() -> None:
    clock = Pace()
    times = [clock.place(pts, 50.0) for pts in (0.0, 0.04, 0.04, 0.02, None, 0.2)]
    assert all(before < after for before, after in pairwise(times))
    assert times[0] == 50.0
    assert times[-1] == pytest.approx(50.2)


class Work:
    """Pictures at 25 a second, and somebody who needs `cost` seconds for each, and `more` for each
    that is shown.
    """

    def __init__(
        self, cost: float, *, more: float = 0.0, gop: int = 25, delay: float = 0.0
    ) -> None:
        self.backlog = Backlog()
        self.more = more
        self.cost, self.gop, self.delay = cost, gop, delay
        self.now = 0.0
        self.decoded: list[int] = []
        self.shown: list[int] = []
        self.lags: list[float] = []

    def run(self, pictures: int) -> None:
        for number in range(pictures):
            sent = number / 25 + self.delay * (number > 50)
            self.now = arrived = max(self.now, sent)
            lag = arrived - number / 25
            key = number % self.gop == 0
            if self.backlog.skip(key=key, pts=number / 25, arrived=arrived):
                continue
            shows = self.backlog.shows(number / 25)
            self.decoded.append(number)
            self.now += self.cost + self.more * shows
            self.backlog.done(self.now)
            if shows:
                self.shown.append(number)
                self.lags.append(lag)


def test_a_network_that_became_slower_is_no_reason_to_leave_anything_out() -> None:
    work = Work(0.01, delay=3.0)
    work.run(500)
    assert len(work.shown) == 500


@pytest.mark.parametrize("gop", [1, 25, 100])
@pytest.mark.parametrize("cost", [0.05, 0.2, 2.0])
def test_who_cannot_keep_up_does_not_fall_further_behind(gop: int, cost: float) -> None:
    work = Work(cost, gop=gop)
    work.run(3000)
    assert max(work.lags) < 2 * Backlog.BEHIND + gop * cost
    assert max(work.lags[len(work.lags) // 2 :]) <= max(work.lags)
    assert len(work.shown) > min(3000 * 0.04 / cost * 0.4, 3000 / gop / 2)
    assert work.backlog.overload > Backlog.TOO_MUCH
    # Nothing is decoded whose reference was left out.
    for before, after in pairwise(work.decoded):
        assert after == before + 1 or after % gop == 0


def test_who_can_decode_all_and_show_half_shows_half_in_time() -> None:
    work = Work(0.03, more=0.016)
    work.run(3000)
    assert max(work.lags) < 0.3
    assert max(after - before for before, after in pairwise(work.shown)) == 2
    assert len(work.shown) > 1500
