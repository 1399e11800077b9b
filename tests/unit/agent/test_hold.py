"""The hold: order, bounds, groups of pictures."""

from __future__ import annotations

from agent.picture.hold import Hold, Packet


def packet(capture: float, *, key: bool = False, size: int = 10) -> Packet:
    return Packet(bytes(size), key, 640, 360, capture, int(capture * 10))


def filled(seconds: float, **bounds: float) -> Hold:
    hold = Hold(**bounds)  # type: ignore[arg-type]
    for number in range(int(seconds * 10)):
        hold.push(packet(number / 10, key=number % 10 == 0))
    return hold


def test_packets_leave_in_order_when_their_time_has_come() -> None:
    hold = filled(2)
    assert [p.capture for p in hold.pop_due(0.25)] == [0.0, 0.1, 0.2]
    assert hold.pop_due(0.25) == []
    assert hold.next_capture() == 0.3


def test_what_is_held_is_counted() -> None:
    hold = filled(2)
    assert (hold.bytes, len(hold), round(hold.seconds, 3)) == (200, 20, 1.9)
    hold.pop_due(100.0)
    assert (hold.bytes, len(hold), hold.seconds, hold.next_capture()) == (0, 0, 0.0, None)


def test_overflow_in_seconds_drops_whole_groups() -> None:
    hold = filled(10, max_seconds=4.0)
    assert hold.seconds <= 4.0
    first = hold.pop_due(100.0)[0]
    assert first.key
    assert hold.overflowed > 0


def test_overflow_in_bytes_drops_whole_groups() -> None:
    hold = filled(10, max_bytes=300)
    assert hold.bytes <= 300
    assert hold.pop_due(100.0)[0].key


def test_skipping_goes_on_from_the_newest_key_frame_that_is_due() -> None:
    hold = filled(5)
    hold.skip_to(3.45)
    due = hold.pop_due(3.45)
    assert due[0].key
    assert due[0].capture == 3.0


def test_skipping_without_a_due_key_frame_keeps_everything() -> None:
    hold = Hold()
    hold.push(packet(1.0))
    hold.push(packet(2.0, key=True))
    hold.skip_to(1.5)
    assert len(hold) == 2
