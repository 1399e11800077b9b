"""The hold: order, bounds, groups of pictures."""

from __future__ import annotations

import pytest

from agent.picture.hold import Hold, Packet


def packet(capture: float, *, key: bool = False, size: int = 10) -> Packet:
    return Packet("h264", bytes(size), key, 640, 360, capture, int(capture * 10))


def filled(seconds: float, **bounds: float) -> Hold:
    hold = Hold(**bounds)  # type: ignore[arg-type]
    for number in range(int(seconds * 10)):
        hold.push(packet(number / 10, key=number % 10 == 0))
    return hold


def captures(hold: Hold) -> list[float]:
    """Takes all."""
    return [hold.pop().capture for _ in range(len(hold))]


@pytest.mark.parametrize("bound", [{"max_seconds": 4.0}, {"max_bytes": 300}])
def test_overflow_drops_whole_groups(bound: dict[str, float]) -> None:
    hold = filled(10, **bound)
    assert hold.seconds <= 4.0
    assert hold.pop().key
    assert hold.overflowed > 0


def test_an_overflow_of_everything_goes_on_with_a_key_frame() -> None:
    hold = Hold(max_bytes=50)
    hold.push(packet(0.0, key=True))
    hold.push(packet(0.1, size=60))
    hold.push(packet(0.2))
    assert hold.first is None
    hold.push(packet(0.3, key=True))
    hold.push(packet(0.4))
    assert captures(hold) == [0.3, 0.4]


def test_skipping_goes_on_from_the_newest_key_frame_that_is_due() -> None:
    hold = filled(5)
    hold.skip_to(3.45)
    first = hold.pop()
    assert (first.key, first.capture) == (True, 3.0)
