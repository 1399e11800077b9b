"""Which of a source's two pictures the engine sees."""

from __future__ import annotations

import numpy as np

from agent.picture.picture import Picture
from agent.picture.window_feed import SECOND_SILENT_AFTER, WindowFeed


def picture(capture: float, width: int) -> Picture:
    i420 = np.zeros((width * 3 // 2, width), np.uint8)
    return Picture(i420, width, width, capture)


class Fed:
    """A feed and what came out of it: (width, capture time)."""

    def __init__(self) -> None:
        self.out: list[tuple[int, float]] = []
        self.feed = WindowFeed(lambda i420, capture: self.out.append((i420.shape[1], capture)))

    def main(self, capture: float) -> None:
        self.feed.main(picture(capture, 64))

    def second(self, capture: float) -> None:
        self.feed.second(picture(capture, 16))


def test_the_small_one_goes_before_with_the_time_of_a_picture_that_is_shown() -> None:
    fed = Fed()
    fed.main(1.0)
    fed.second(1.05)
    fed.main(1.1)
    fed.main(1.2)
    fed.second(1.25)
    assert fed.out == [(64, 1.0), (16, 1.2)], "1.0 has been passed on already"


def test_the_main_one_helps_out_when_the_small_one_stops() -> None:
    fed = Fed()
    fed.main(1.0)
    fed.second(1.0)
    fed.main(1.0 + SECOND_SILENT_AFTER)
    assert fed.out == [(64, 1.0)]
    fed.main(1.1 + SECOND_SILENT_AFTER)
    fed.second(1.15 + SECOND_SILENT_AFTER)
    fed.main(1.2 + SECOND_SILENT_AFTER)
    assert fed.out[1:] == [(64, 1.1 + SECOND_SILENT_AFTER)]


def test_capture_times_increase_whatever_comes() -> None:
    fed = Fed()
    dice = np.random.default_rng(7)
    for step in range(2000):
        at = step / 30
        fed.main(at)
        if dice.random() < 0.3:
            fed.second(at + dice.normal(0, 0.2))
    times = [capture for _, capture in fed.out]
    assert times == sorted(set(times))
    assert any(width == 16 for width, _ in fed.out)
