"""States of a source and what leads from one to the next."""

from __future__ import annotations

import pytest

from ingress.lifecycle import LASTING, Lifecycle, Trouble
from ingress.reader.messages import FailureKind

AWAY = Trouble("away", "no way into the room")
TAKEN = Trouble("taken", "somebody else is there")
REMOVED = Trouble("removed", "it was removed")


def live(now: float = 1.0) -> Lifecycle:
    life = Lifecycle(0.0)
    life.attempt(0.0)
    life.picture(now)
    return life


def shown(life: Lifecycle) -> tuple[str, str, str]:
    return life.state, life.reason, life.error


@pytest.mark.parametrize(
    "kind", ["refused", "unreachable", "no_answer", "protocol", "ended", "internal"]
)
def test_what_passes_is_connecting_before_it_was_live_and_reconnecting_after(
    kind: FailureKind,
) -> None:
    life = Lifecycle(0.0)
    life.attempt(0.0)
    life.failed(kind, "no", 1.0, wait=2.0)
    assert shown(life) == ("connecting", "", "no")
    assert (life.next_try, life.since) == (3.0, 0.0), "since is of the state, not of the text"
    life.attempt(3.0)
    assert life.next_try == 0.0
    life.picture(4.0)
    assert life.reconnects == 0
    life.failed(kind, "gone", 5.0, wait=1.0)
    assert shown(life) == ("reconnecting", "", "gone")


@pytest.mark.parametrize("kind", sorted(LASTING))
def test_what_somebody_must_mend_is_failed_and_stays_so_while_it_is_tried(
    kind: FailureKind,
) -> None:
    life = live()
    life.failed(kind, "wrong", 5.0, wait=30.0)
    assert shown(life) == ("failed", kind, "wrong")
    life.attempt(35.0)
    assert shown(life) == ("failed", kind, "wrong")
    life.failed("refused", "off", 36.0, wait=1.0)
    assert shown(life) == ("reconnecting", "", "off")
    life.attempt(37.0)
    life.picture(38.0)
    assert shown(life) == ("live", "", "")


def test_what_is_live_stalls_and_goes_on_without_counting() -> None:
    life = Lifecycle(0.0)
    life.attempt(0.0)
    life.stalled("no picture", 5.0)
    assert life.state == "connecting"
    life.picture(6.0)
    life.stalled("no picture for 3 s", 8.0)
    assert shown(life) == ("stalled", "", "no picture for 3 s")
    assert life.since == 8.0
    life.picture(9.0)
    assert shown(life) == ("live", "", "")
    assert life.reconnects == 0


def test_stopped_goes_on_with_the_next_attempt_and_waits_for_nobody() -> None:
    life = live()
    life.waits("somebody pushes", 3.0)
    assert shown(life) == ("reconnecting", "", "somebody pushes")
    life.stopped("over", 5.0)
    life.waits("somebody pushes", 6.0)
    assert shown(life) == ("stopped", "", "over")
    life.attempt(9.0)
    assert shown(life) == ("reconnecting", "", "")


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        (AWAY, ("reconnecting", "", AWAY.text)),
        (TAKEN, ("failed", "room", TAKEN.text)),
        (REMOVED, ("stopped", "", REMOVED.text)),
    ],
)
def test_trouble_with_the_room_hides_that_pictures_come(
    trouble: Trouble, expected: tuple[str, str, str]
) -> None:
    life = live()
    for now in (7.0, 7.5):
        life.room(trouble, now)
        assert shown(life) == expected
        assert life.since == 7.0
        life.picture(now)
    life.room(None, 8.0)
    assert shown(life) == ("live", "", "")
    assert life.since == 8.0
