"""Which microphones are open, and that each is closed again."""

from __future__ import annotations

import asyncio

from livekit import rtc

from agent.hearing.microphones import MOST, TURN
from tests.support.virtual_time import virtual

from .stage import AUDIO, FakeAudioStream, Stage, Staged


def opened(on: Stage) -> set[str]:
    return {one.identity for one in on.people if one.publication.sid in FakeAudioStream.open}


@virtual
async def test_only_microphones_of_people_are_opened(staged: Staged) -> None:
    kinds = rtc.ParticipantKind
    async with staged() as on:
        on.person("ann")
        on.person("phone", kind=kinds.PARTICIPANT_KIND_SIP)
        on.person("gate", kind=kinds.PARTICIPANT_KIND_INGRESS)
        on.person("agent-2", kind=kinds.PARTICIPANT_KIND_AGENT)
        screen = on.room.join("screen").publish(
            kind=AUDIO, source=rtc.TrackSource.SOURCE_SCREENSHARE_AUDIO
        )
        secret = on.room.join("secret").publish(
            kind=AUDIO,
            source=rtc.TrackSource.SOURCE_MICROPHONE,
            encryption_type=rtc.EncryptionType.GCM,
        )
        await asyncio.sleep(2.0)
        assert opened(on) == {"ann", "phone"}
        assert screen.asked == secret.asked == []


@virtual
async def test_a_microphone_comes_back_after_leave_loss_and_failure(staged: Staged) -> None:
    async with staged() as on:
        ann = on.person("ann")
        await asyncio.sleep(0.5)
        on.room.leave("ann")
        await asyncio.sleep(0.5)
        assert opened(on) == set()
        ann = on.person("ann")
        await asyncio.sleep(0.5)
        ann.publication.set_subscribed(False)  # as another part that needed it too might
        await asyncio.sleep(2.0)
        assert opened(on) == {"ann"}
        FakeAudioStream.open[ann.publication.sid].put("garbage")
        await asyncio.sleep(5.0)
        assert opened(on) == {"ann"}
        assert len(on.told) == 1
        await ann.ask()
        assert len(on.questions) == 1


@virtual
async def test_so_many_at_once_and_each_has_a_turn(staged: Staged) -> None:
    async with staged() as on:
        crowd = [on.person(f"p{number:02}") for number in range(2 * MOST)]
        quiet = [on.person(f"muted{number}", muted=True) for number in range(3)]
        heard: set[str] = set()
        for _ in range(round(4 * TURN)):
            await asyncio.sleep(1.0)
            assert len(opened(on)) <= MOST
            heard |= opened(on)
        assert heard == {person.identity for person in crowd}
        waiting = next(one for one in crowd if one.identity not in opened(on))
        waiting.hold(True)
        await waiting.say()
        assert waiting.identity in opened(on)
        waiting.hold(False)
        await asyncio.sleep(2.0)
        assert on.texts == [(waiting.identity, "What is it?")]
        for person in crowd:
            on.room.leave(person.identity)
        on.people[:] = quiet
        await asyncio.sleep(2.0)
        assert opened(on) == {person.identity for person in quiet}
