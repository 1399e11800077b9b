"""Wrong tokens are counted by address."""

from __future__ import annotations

from web.attempts import LIMIT, SPAN, Attempts


def test_five_wrong_ones_a_minute() -> None:
    attempts = Attempts()
    for second in range(LIMIT):
        assert attempts.wait("10.0.0.1", second) == 0
        attempts.wrong("10.0.0.1", second)
    assert attempts.wait("10.0.0.1", 10) == SPAN - 10
    assert attempts.wait("10.0.0.2", 10) == 0
    assert attempts.wait("10.0.0.1", SPAN) == 0
    attempts.wrong("10.0.0.1", SPAN)
    assert attempts.wait("10.0.0.1", SPAN + 0.5) == 0.5


def test_one_network_is_one_address() -> None:
    attempts = Attempts()
    for host in range(LIMIT):
        attempts.wrong(f"2001:db8::{host:x}", 0)
        attempts.wrong(f"::ffff:10.0.0.{host}", 0)
    assert attempts.wait("2001:db8::ffff", 1) > 0
    assert attempts.wait("2001:db8:0:1::1", 1) == 0
    assert attempts.wait("10.0.0.1", 1) == 0
    attempts.wrong("fe80::1%eth0", 0)


def test_many_addresses_take_no_more_room() -> None:
    attempts = Attempts()
    for number in range(10_000):
        attempts.wrong(str(number), 0)
    assert len(attempts._wrong) < 5_000
    for _ in range(LIMIT):
        attempts.wrong("last", 1)
    assert attempts.wait("last", 1) > 0
