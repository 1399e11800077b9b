from __future__ import annotations

import numpy as np
import pytest
from livekit.plugins.pressbox.commentator.window import SampledFrame, Window

GREY = np.zeros((90, 160), np.uint8)


def frame(time: float) -> SampledFrame:
    return SampledFrame(time, b"", GREY)


def window(*times: float, size: int = 32) -> Window:
    made = Window(size)
    for time in times:
        made.add(frame(time))
    return made


@pytest.mark.parametrize(
    ("anchor", "count", "stride", "times"),
    [
        (5.0, 4, 1, [2.0, 3.0, 4.0, 5.0]),
        (5.0, 3, 2, [1.0, 3.0, 5.0]),
        (5.0, 4, 2, [1.0, 3.0, 5.0]),
        (5.0, 1, 2, [5.0]),
        (5.5, 3, 2, [2.0, 4.0, 5.5]),
        (3.0, 3, 1, [1.0, 2.0, 3.0]),
        (0.0, 4, 2, [0.0]),
        (5.0, 64, 32, [5.0]),
    ],
)
def test_a_window_ends_at_its_anchor(
    anchor: float, count: int, stride: int, times: list[float]
) -> None:
    made = window(0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
    chosen = made.ending_at(frame(anchor), count=count, stride=stride)
    assert [one.capture_time for one in chosen] == times


@pytest.mark.parametrize(
    ("told", "count", "times"),
    [
        (1.4, 4, [1.0, 4.0, 5.0, 6.0]),
        (5.0, 4, [3.0, 4.0, 5.0, 6.0]),
        (-1.0, 4, [3.0, 4.0, 5.0, 6.0]),
        (1.4, 3, [4.0, 5.0, 6.0]),
    ],
)
def test_a_window_begins_with_what_was_spoken_of_last(
    told: float, count: int, times: list[float]
) -> None:
    """Else what happened while a line was spoken, and was over by its end, would not be seen."""
    made = window(*map(float, range(7)))
    chosen = made.ending_at(frame(6.0), count=count, stride=1, told=told)
    assert [one.capture_time for one in chosen] == times
