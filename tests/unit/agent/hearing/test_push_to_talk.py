"""Ways to hold the button."""

from __future__ import annotations

from livekit import rtc

from agent.hearing.push_to_talk import TALK, PushToTalk
from tests.support.fake_rtc import FakeRoom, FakeRtc
from tests.support.virtual_time import virtual

from .stage import Person


class Buttons:
    def __init__(self, room: FakeRoom) -> None:
        self.room = room
        self.watched = ""
        self.changes: list[tuple[str, bool]] = []
        self.push_to_talk = PushToTalk(
            room,
            changed=lambda *change: self.changes.append(change),
            watched=lambda: self.watched,
        )

    def person(
        self,
        identity: str,
        *,
        muted: bool = True,
        attributes: dict[str, str] | None = None,
        kind: rtc.ParticipantKind.ValueType = rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD,
    ) -> Person:
        return Person(self.room.join(identity, kind=kind, attributes=attributes), muted)

    async def call(self, identity: str, payload: str) -> str | None:
        return await self.room.local.called(TALK, payload, caller=identity)


@virtual
async def test_the_attribute_of_who_is_there_and_of_who_comes(fake_rtc: FakeRtc) -> None:
    on = Buttons(fake_rtc.room())
    ann = on.person("ann", attributes={TALK: "1"})
    on.push_to_talk.start()
    on.person("bob", attributes={TALK: "1"})
    on.person("agent-2", attributes={TALK: "1"}, kind=rtc.ParticipantKind.PARTICIPANT_KIND_AGENT)
    assert on.changes == [("ann", True), ("bob", True)]
    ann.participant.change(pressbox__talk="0")
    ann.participant.change(other="1")
    on.room.leave("bob")
    assert on.changes[2:] == [("ann", False), ("bob", False)]
    ann.participant.change(pressbox__talk="yes")
    assert not on.push_to_talk.holds("ann")
    ann.participant.change(pressbox__talk="1")
    on.room._remote_participants.clear()  # lost with the connection
    on.room.reconnect()
    assert on.changes[4:] == [("ann", True), ("ann", False)]
    on.push_to_talk.stop()
    on.push_to_talk.stop()
    on.person("eve", attributes={TALK: "1"})
    assert len(on.changes) == 6


@virtual
async def test_a_simple_client_switches_its_microphone_on(fake_rtc: FakeRtc) -> None:
    on = Buttons(fake_rtc.room())
    on.push_to_talk.start()
    ann = on.person("ann")
    page = on.person("page", attributes={TALK: "0"})
    camera = on.person("camera")
    on.person("open", muted=False)
    on.watched = "camera"
    for person in (ann, page, camera):
        person.publication.mute(False)
    assert on.changes == [("ann", True)]
    assert not on.push_to_talk.sure("ann")
    ann.publication.mute(True)
    assert on.changes[1:] == [("ann", False)]
    ann.publication.mute(False)
    ann.participant.unpublish(ann.publication)
    assert on.changes[2:] == [("ann", True), ("ann", False)]
    on.push_to_talk.by_microphone = False
    bob = on.person("bob")
    bob.publication.mute(False)
    assert len(on.changes) == 4
