"""Who holds the button: the attribute `pressbox.talk`, the RPC method of that name, or, for simple
clients, switching the microphone on.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Literal

from livekit import rtc
from livekit.rtc.room import EventTypes

from agent.room.audience import MACHINES
from agent.room.questions.question import cleaned
from agent.room.room import Room
from agent.room.rpc import BAD_REQUEST, Methods, json_object

log = logging.getLogger("pressbox.hearing")

TALK = "pressbox.talk"
"""Attribute, "1" while its participant holds the button; also the RPC method, {"on": true}."""

Way = Literal["attribute", "rpc", "microphone"]


def is_microphone(publication: rtc.TrackPublication) -> bool:
    """Whether a track is a person's voice, and not the sound of a screen; a robot may not say what
    its track is.
    """
    return publication.kind == rtc.TrackKind.KIND_AUDIO and publication.source in (
        rtc.TrackSource.SOURCE_MICROPHONE,
        rtc.TrackSource.SOURCE_UNKNOWN,
    )


class PushToTalk:
    """Tells `changed(identity, held)` when somebody presses or lets go.

    A participant without the attribute that switches its microphone on holds the button until it
    is off again, as LiveKit's push-to-talk does it; a microphone that is on from the beginning
    says nothing, and neither does that of the one who is watched, whose sound belongs to the film.
    """

    def __init__(
        self,
        room: Room,
        *,
        changed: Callable[[str, bool], None],
        watched: Callable[[], str],
    ) -> None:
        """`watched()`: identity of the source, "" for none."""
        self._room = room
        self._changed = changed
        self._watched = watched
        self._held: dict[str, set[Way]] = {}
        self._events: tuple[tuple[EventTypes, Callable[..., None]], ...] = (
            ("participant_attributes_changed", self._attributes),
            ("participant_connected", self._look),
            ("participant_disconnected", lambda person: self._let_go(person.identity)),
            ("track_unmuted", self._unmuted),
            ("track_muted", self._muted),
            ("track_unpublished", lambda publication, person: self._muted(person, publication)),
            ("reconnected", self._look_at_all),
        )
        self._methods = Methods(room, {TALK: self._on_talk})
        self.by_microphone = True
        """Whether switching a microphone on counts."""
        self.deaf = ""
        """Why nobody is listened to, "" while somebody may be."""

    def start(self) -> None:
        """Begin to listen."""
        for event, heard in self._events:
            self._room.on(event, heard)
        self._methods.start()
        self._look_at_all()

    def stop(self) -> None:
        """Stop listening. Idempotent."""
        for event, heard in self._events:
            self._room.off(event, heard)
        self._methods.stop()

    def holds(self, identity: str) -> bool:
        """Whether this one holds the button."""
        return identity in self._held

    def sure(self, identity: str) -> bool:
        """Whether it is held on purpose: an open microphone may be a conversation."""
        return bool(self._held.get(identity, set()) - {"microphone"})

    def _let_go(self, identity: str) -> None:
        if self._held.pop(identity, None):
            self._changed(identity, False)

    def _set(self, identity: str, way: Way, on: bool) -> None:
        ways = self._held.setdefault(identity, set())
        before = bool(ways)
        ways.add(way) if on else ways.discard(way)
        if not ways:
            del self._held[identity]
        if bool(ways) != before:
            log.info("%s %s", cleaned(identity), "talks" if on else "has talked")
            self._changed(identity, on)

    def _look_at_all(self) -> None:
        for identity in self._held.keys() - self._room.remote_participants.keys():
            self._let_go(identity)
        for person in self._room.remote_participants.values():
            self._look(person)

    def _look(self, person: rtc.RemoteParticipant) -> None:
        if person.kind not in MACHINES:
            self._set(person.identity, "attribute", person.attributes.get(TALK) == "1")

    def _attributes(self, _: dict[str, str], person: rtc.Participant) -> None:
        if isinstance(person, rtc.RemoteParticipant):
            self._look(person)

    def _unmuted(self, person: rtc.Participant, publication: rtc.TrackPublication) -> None:
        if (
            self.by_microphone
            and isinstance(person, rtc.RemoteParticipant)
            and person.kind not in MACHINES
            and is_microphone(publication)
            and TALK not in person.attributes
            and person.identity != self._watched()
        ):
            self._set(person.identity, "microphone", True)

    def _muted(self, person: rtc.Participant, publication: rtc.TrackPublication) -> None:
        if is_microphone(publication):
            self._set(person.identity, "microphone", False)

    async def _on_talk(self, call: rtc.RpcInvocationData) -> str:
        """`{"on": true}`: the button. Answers `{"on"}`."""
        person = self._room.remote_participants.get(call.caller_identity)
        tracks = person.track_publications.values() if person else ()
        on = json_object(call.payload, '{"on": true}').get("on")
        if not isinstance(on, bool):
            raise rtc.RpcError(BAD_REQUEST, 'expected {"on": true} or {"on": false}')
        if on and (self.deaf or not any(map(is_microphone, tracks))):
            why = self.deaf or "there is no microphone: publish one first"
            raise rtc.RpcError(BAD_REQUEST, why)
        self._set(call.caller_identity, "rpc", on)
        return json.dumps({"on": self.holds(call.caller_identity)})
