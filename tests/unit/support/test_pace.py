from __future__ import annotations

import pytest

from tests.support.browser_camera.pace import LATE, LOST, Pace


def test_the_first_piece_is_due_at_once_and_the_rest_by_their_times() -> None:
    pace = Pace()
    assert pace.due(7.0, now=100.0) == 100.0
    assert pace.due(7.04, now=100.0) == pytest.approx(100.04)
    assert pace.due(3607.0, now=3699.9) == pytest.approx(3700.0)


def test_small_lags_do_not_move_the_clock() -> None:
    pace = Pace()
    pace.due(0.0, now=0.0)
    for i in range(1, 10_000):
        assert pace.due(i * 0.04, now=i * 0.04 + 0.5 * LOST) == pytest.approx(i * 0.04)


def test_a_late_picture_is_left_out() -> None:
    pace = Pace()
    pace.due(0.0, now=0.0)
    assert not pace.too_late(1.0, now=1.0 + LATE / 2)
    assert pace.too_late(1.0, now=1.0 + LATE * 2)


def test_after_a_long_stop_it_goes_on_from_where_it_is() -> None:
    pace = Pace()
    pace.due(0.0, now=0.0)
    assert pace.due(0.04, now=60.0) == pytest.approx(60.0)
    assert not pace.too_late(0.08, now=60.04)
    assert pace.due(1.04, now=60.1) == pytest.approx(61.0)
