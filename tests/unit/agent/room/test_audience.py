"""Who counts as watching, and when commentary rests."""

from __future__ import annotations

import asyncio
from typing import Any

from livekit import rtc

from agent.room.audience import MOST as MOST_BEHIND
from agent.room.audience import Audience, how_many, people
from agent.room.watchers import HOLDS, MOST, WATCH, Watchers
from tests.support.fake_rtc import FakeRtc
from tests.support.virtual_time import virtual


@virtual
async def test_viewers_are_people_and_those_behind_our_own_server_each_once(
    fake_rtc: FakeRtc,
) -> None:
    room = fake_rtc.room()
    for identity, said in (
        *(("cam", ""), ("me", "1"), ("phone", ""), ("liar", "500")),
        *(("pressbox-http-0", "3"), ("pressbox-http-1", "0"), ("pressbox-http-2", "9" * 9)),
    ):
        room.join(identity, attributes={"pressbox.viewer": said} if said else {})
    room.join("bot", kind=rtc.ParticipantKind.PARTICIPANT_KIND_AGENT)
    here: Any = room
    assert how_many(people(here), "cam") == 3 + 3 + 0 + MOST_BEHIND
    assert how_many(people(here), "me") == 4 + 3 + 0 + MOST_BEHIND, "it says that it watches"


def test_a_question_counts_as_somebody_there() -> None:
    audience = Audience(60.0, now=0.0)
    audience.spoke(50.0)
    assert audience.update(False, 109.0)
    assert not audience.update(False, 111.0)


@virtual
async def test_a_call_counts_for_a_while_and_few_callers_are_remembered(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    watchers = Watchers(room)
    watchers.start()
    for number in range(2 * MOST):
        await room.local.called(WATCH, caller=f"robot-{number}")
    for number in range(MOST, 2 * MOST - 1):
        await room.local.called(WATCH, '{"watching": false}', caller=f"robot-{number}")
    await asyncio.sleep(HOLDS / 2)
    await room.local.called(WATCH, caller="another")
    assert watchers.any()
    await room.local.called(WATCH, '{"watching": false}', caller="another")
    assert watchers.any(), "the last of many"
    await asyncio.sleep(HOLDS / 2)
    assert not watchers.any()
    await watchers.aclose()
    await watchers.aclose()
