"""The hold: order, bounds, groups of pictures."""

from __future__ import annotations

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


def test_packets_leave_in_order() -> None:
    hold = filled(2)
    assert captures(hold) == [number / 10 for number in range(20)]
    assert hold.first is None


def test_what_is_held_is_counted() -> None:
    hold = filled(2)
    assert (hold.bytes, len(hold), round(hold.seconds, 3)) == (200, 20, 1.9)
    captures(hold)
    assert (hold.bytes, len(hold), hold.seconds) == (0, 0, 0.0)


def test_overflow_in_seconds_drops_whole_groups() -> None:
    hold = filled(10, max_seconds=4.0)
    assert hold.seconds <= 4.0
    assert hold.pop().key
    assert hold.overflowed > 0


def test_overflow_in_bytes_drops_whole_groups() -> None:
    hold = filled(10, max_bytes=300)
    assert hold.bytes <= 300
    assert hold.pop().key


def test_an_overflow_of_everything_goes_on_with_a_key_frame() -> None:
    hold = Hold(max_bytes=50)
    hold.push(packet(0.0, key=True))
    hold.push(packet(0.1, size=60))
    hold.push(packet(0.2))
    assert hold.first is None
    hold.push(packet(0.3, key=True))
    hold.push(packet(0.4))
    assert captures(hold) == [0.3, 0.4]


def test_it_begins_with_a_key_frame() -> None:
    hold = Hold()
    hold.push(packet(0.0))
    hold.push(packet(0.1, key=True))
    hold.push(packet(0.2))
    assert captures(hold) == [0.1, 0.2]


def test_what_builds_on_a_lost_packet_is_not_shown() -> None:
    hold = filled(2)
    assert hold.pop().capture == 0.0
    hold.begin_anew()
    assert captures(hold) == [number / 10 for number in range(10, 20)]


def test_a_lost_packet_at_the_end_keeps_out_what_builds_on_it() -> None:
    hold = Hold()
    hold.push(packet(0.0, key=True))
    hold.pop()
    hold.begin_anew()
    hold.push(packet(0.1))
    assert hold.first is None
    hold.push(packet(0.2, key=True))
    assert captures(hold) == [0.2]


def test_skipping_goes_on_from_the_newest_key_frame_that_is_due() -> None:
    hold = filled(5)
    hold.skip_to(3.45)
    first = hold.pop()
    assert (first.key, first.capture) == (True, 3.0)


def test_skipping_without_a_due_key_frame_keeps_everything() -> None:
    hold = Hold()
    hold.push(packet(1.0, key=True))
    hold.pop()
    hold.push(packet(1.1))
    hold.push(packet(2.0, key=True))
    hold.skip_to(1.5)
    assert len(hold) == 2
