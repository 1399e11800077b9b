"""When a source is lost, what is shown meanwhile, and what is said about it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

import numpy as np
import pytest

from agent.clock.unix_clock import UnixClock
from agent.picture.ingress_state import IngressState
from agent.picture.liveness import KNOWN_AWAY_AFTER, NO_PICTURE_AFTER, Received
from agent.picture.picture import Picture
from agent.picture.source_health import MARK_INTERVAL, STILL_INTERVAL, SourceHealth
from tests.support.virtual_time import virtual

TICK = 0.25
AWAY = IngressState("reconnecting", "the camera does not answer")
LIVE = IngressState("live")


def picture(capture: float, width: int = 64) -> Picture:
    i420 = np.full((width * 3 // 2, width), 220, np.uint8)
    return Picture(i420, width, width, capture)


@dataclass
class Camera:
    """Follows the interface of `Source`; the test moves it."""

    identity: str = ""
    wanted: str = ""
    passed_over: str = ""
    muted: bool = False
    screen: bool = False
    barrier: str = ""
    encrypted: bool = False
    got: Received | None = None
    broken: int = 0
    """How many more times it raises what it should not."""
    renewed: list[float] = field(default_factory=list)
    given_up: int = 0
    last: float = 0.0

    def later(self, capture: float) -> float:
        self.last = max(capture, self.last + 0.001)
        return self.last

    async def received(self) -> Received | None:
        if self.broken:
            self.broken -= 1
            raise RuntimeError("a bug")
        return self.got

    def renew(self) -> None:
        self.renewed.append(time.monotonic())

    def give_up(self) -> None:
        self.given_up += 1


class Stand:
    """A health at work with everything around it."""

    def __init__(self) -> None:
        self.camera = Camera()
        self.states: dict[str, IngressState] = {}
        self.shown: list[Picture] = []
        self.events: list[str] = []
        self.told: list[str] = []
        self.health = SourceHealth(
            self.camera,
            lambda: self.states,
            UnixClock(),
            show=self.shown.append,
            on_lost=lambda capture: self.events.append("lost"),
            on_back=lambda: self.events.append("back"),
            tell=self.told.append,
        )

    def watch(self, identity: str) -> bool:
        self.camera.identity = identity
        return self.health.changed(identity)

    async def run(self, seconds: float, *, fps: float = 0) -> None:
        """Time passes, and pictures come."""
        end = time.monotonic() + seconds
        while fps and time.monotonic() < end:
            self.health.seen(picture(self.camera.later(time.monotonic())))
            await asyncio.sleep(1 / fps)
        await asyncio.sleep(end - time.monotonic())

    @property
    def trouble(self) -> str:
        return self.health.trouble(time.monotonic())


def with_stand(test: Callable[[Stand], Coroutine[None, None, None]]) -> Callable[[], None]:
    """Gives the test a stand, on virtual time."""

    async def run() -> None:
        stand = Stand()
        stand.health.start()
        try:
            await test(stand)
        finally:
            await stand.health.aclose()
            await stand.health.aclose()

    run.__name__ = test.__name__
    return virtual(run)


@with_stand
async def test_while_pictures_come_nothing_is_marked(stand: Stand) -> None:
    stand.watch("gate")
    await stand.run(20, fps=20)
    assert (stand.shown, stand.events, stand.trouble) == ([], [], "")


@with_stand
async def test_a_source_of_which_nothing_is_known_is_given_time(stand: Stand) -> None:
    stand.watch("cam")
    await stand.run(2, fps=20)
    await stand.run(NO_PICTURE_AFTER - TICK)
    assert stand.events == []
    await stand.run(2 * TICK)
    assert stand.events == ["lost"]
    assert stand.trouble == "no picture from cam for more than 5 s"
    assert [one.i420.mean() < 150 for one in stand.shown] == [False, False, True]


@with_stand
async def test_one_that_is_known_to_be_away_is_marked_at_once(stand: Stand) -> None:
    stand.watch("gate")
    await stand.run(2, fps=20)
    stand.states["gate"] = AWAY
    await stand.run(KNOWN_AWAY_AFTER + TICK)
    assert stand.health.lost
    assert stand.trouble == "gate: reconnecting, the camera does not answer"
    seconds = 10
    before = len(stand.shown)
    await stand.run(seconds)
    assert len(stand.shown) - before == pytest.approx(seconds / MARK_INTERVAL, abs=1)
    times = [one.capture for one in stand.shown]
    assert times == sorted(set(times))
    assert stand.events == ["lost"]


@with_stand
async def test_a_picture_is_more_to_be_believed_than_the_attribute(stand: Stand) -> None:
    stand.watch("gate")
    stand.states["gate"] = AWAY
    await stand.run(5, fps=20)
    assert (stand.events, stand.trouble) == ([], "")


@with_stand
async def test_the_first_picture_ends_it_before_it_is_shown(stand: Stand) -> None:
    stand.watch("gate")
    await stand.run(1, fps=20)
    stand.states["gate"] = AWAY
    await stand.run(30)
    stand.states["gate"] = LIVE
    await stand.run(1)
    assert stand.trouble == "the picture of gate is on its way"
    assert stand.health.lost, "still nothing to see"
    marked = len(stand.shown)
    await stand.run(3, fps=20)
    assert stand.events == ["lost", "back"]
    assert len(stand.shown) == marked
    assert (stand.health.lost, stand.trouble) == (False, "")


@with_stand
async def test_a_subscription_rests_while_the_ingress_says_that_it_is_away(stand: Stand) -> None:
    stand.watch("gate")
    await stand.run(1, fps=20)
    stand.states["gate"] = AWAY
    await stand.run(120)
    assert stand.camera.renewed == []
    stand.states["gate"] = LIVE
    await stand.run(5)
    assert stand.camera.renewed == [], "it is given the time that any source is given"
    await stand.run(2)
    assert len(stand.camera.renewed) == 1


@with_stand
async def test_a_camera_that_comes_back_by_itself_is_subscribed_to_anew_in_time(
    stand: Stand,
) -> None:
    stand.watch("cam")
    await stand.run(1, fps=20)
    await stand.run(20)
    assert len(stand.camera.renewed) == 2


@with_stand
async def test_one_that_is_switched_off_is_marked_as_that(stand: Stand) -> None:
    stand.watch("cam")
    await stand.run(1, fps=20)
    stand.camera.muted = True
    assert stand.trouble == "cam has switched the camera off"
    await stand.run(10)
    off = stand.shown[-1].i420
    assert stand.camera.renewed == []
    stand.camera.muted = False
    await stand.run(1)
    assert not np.array_equal(stand.shown[-1].i420, off), "the mark says another thing"
    assert stand.camera.renewed == []


@with_stand
async def test_who_leaves_is_marked_until_another_source_gives_a_picture(stand: Stand) -> None:
    assert stand.watch("cam")
    await stand.run(1, fps=20)
    assert not stand.watch("")
    assert stand.trouble == "no camera in the room"
    await stand.run(60)
    assert stand.events == ["lost"]
    assert len(stand.shown) > 100
    assert stand.watch("other")
    assert stand.trouble == "the picture of other is on its way"
    old = stand.shown[-1].i420
    await stand.run(1)
    assert np.array_equal(stand.shown[-1].i420, old), "the mark still tells the truth"
    await stand.run(1, fps=20)
    assert stand.events == ["lost", "back"]


@with_stand
async def test_who_comes_back_goes_on(stand: Stand) -> None:
    stand.watch("cam")
    await stand.run(1, fps=20)
    stand.watch("")
    await stand.run(60)
    assert not stand.watch("cam"), "nobody else has been seen meanwhile"
    await stand.run(4)
    assert stand.camera.renewed == []
    await stand.run(1, fps=20)
    assert stand.events == ["lost", "back"]


@with_stand
async def test_a_track_that_is_replaced_at_once_is_not_lost(stand: Stand) -> None:
    stand.watch("gate")
    await stand.run(1, fps=20)
    stand.watch("")
    await stand.run(TICK)
    stand.watch("gate")
    await stand.run(1)
    await stand.run(2, fps=20)
    assert stand.events == []


@with_stand
async def test_another_ones_picture_does_not_stand_for_a_source_that_brings_none(
    stand: Stand,
) -> None:
    stand.watch("cam")
    await stand.run(1, fps=20)
    stand.watch("gate")
    stand.states["gate"] = AWAY
    await stand.run(2)
    assert stand.events == ["lost"]
    assert stand.shown[-1].i420[0, 0] == 16, "black"
    stand.watch("")
    stand.camera.wanted = "ghost"
    assert stand.trouble == "ghost publishes no video here"


@with_stand
async def test_without_any_picture_ever_there_is_nothing_to_mark(stand: Stand) -> None:
    await stand.run(10)
    assert stand.trouble == "no camera in the room"
    stand.watch("gate")
    stand.states["gate"] = AWAY
    await stand.run(10)
    assert stand.health.lost
    assert stand.shown == []
    await stand.run(1, fps=20)
    assert stand.events == ["lost", "back"]


@with_stand
async def test_an_ingress_without_a_picture_yet_says_why(stand: Stand) -> None:
    stand.states["gate"] = IngressState("failed", "wrong user name or password")
    assert stand.trouble == "gate: failed, wrong user name or password"
    stand.camera.wanted = "yard"
    assert stand.trouble == "yard publishes no video here"
    stand.states["yard"] = IngressState("connecting")
    assert stand.trouble == "yard: connecting"


@with_stand
async def test_a_frozen_picture_is_told_and_no_trouble(stand: Stand) -> None:
    stand.watch("gate")
    assert stand.health.remark == ""
    stand.states["gate"] = IngressState("live", frozen=1_763_733_787.0)
    await stand.run(5, fps=20)
    since = time.strftime("%H:%M:%S", time.localtime(1_763_733_787.0))
    assert stand.health.remark == f"gate: the picture has not changed since {since}"
    assert (stand.events, stand.trouble) == ([], "")


@with_stand
async def test_a_still_picture_is_shown_again_unmarked_and_told(stand: Stand) -> None:
    stand.watch("laptop")
    await stand.run(0.1, fps=10)
    stand.shown.clear()
    await stand.run(60)
    assert len(stand.shown) == pytest.approx(60 / STILL_INTERVAL, abs=2)
    assert all(one.i420.mean() == 220 for one in stand.shown)
    times = [one.capture for one in stand.shown]
    assert times == sorted(set(times))
    assert times[-1] > time.monotonic() - STILL_INTERVAL - TICK
    assert (stand.events, stand.trouble, stand.camera.renewed) == ([], "", [])
    assert stand.health.remark.startswith("laptop: the picture has not changed since ")
    await stand.run(1, fps=10)
    assert stand.health.remark == ""


@with_stand
async def test_a_still_picture_of_another_one_is_not_shown_again(stand: Stand) -> None:
    stand.watch("laptop")
    await stand.run(0.1, fps=10)
    stand.watch("phone")
    stand.shown.clear()
    await stand.run(NO_PICTURE_AFTER - TICK)
    assert stand.shown == []


@with_stand
async def test_one_that_never_can_be_seen_is_told_and_left_alone(stand: Stand) -> None:
    stand.camera.barrier = "phone sends H.265"
    stand.watch("phone")
    await stand.run(60)
    assert stand.trouble == "phone sends H.265"
    assert (stand.camera.renewed, stand.camera.given_up, stand.events) == ([], 0, ["lost"])


@with_stand
async def test_what_cannot_be_decoded_is_told_as_what_it_is(stand: Stand) -> None:
    stand.watch("phone")
    for number in range(150):
        stand.camera.got = Received(1000 * number, 0)
        await stand.run(0.1)
    assert stand.trouble == "phone's picture arrives and cannot be decoded"
    assert stand.camera.given_up == 1
    stand.camera.encrypted = True
    assert "ROOM_KEY" in stand.trouble


@with_stand
async def test_who_is_passed_over_is_remarked(stand: Stand) -> None:
    stand.watch("cam")
    stand.camera.passed_over = "phone sends H.265"
    await stand.run(10, fps=15)
    assert (stand.health.remark, stand.trouble) == ("phone sends H.265", "")


@with_stand
async def test_a_bug_in_it_is_told_and_it_goes_on(stand: Stand) -> None:
    stand.watch("cam")
    await stand.run(1, fps=20)
    stand.camera.broken = 1
    await stand.run(20)
    assert len(stand.told) == 1
    assert stand.events == ["lost"]
    assert stand.camera.given_up == 1


@with_stand
async def test_what_is_said_about_a_source_is_not_waited_for(stand: Stand) -> None:
    stand.watch("gate")
    await stand.run(1, fps=20)
    await stand.run(KNOWN_AWAY_AFTER + TICK)
    stand.states["gate"] = AWAY
    stand.health.look_now("anything")
    await asyncio.sleep(0)
    assert stand.events == ["lost"]
