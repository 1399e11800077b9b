"""Who may subscribe to a source's live tracks: agents, who show them late, and hardly anybody else.

Front ends subscribe to all that they find. They would play the live sound beside the delayed one,
an echo, and show what the commentary has not come to yet.
"""

from __future__ import annotations

from livekit import rtc
from livekit.rtc.room import EventTypes

from config.source_names import FEED_IDENTITIES

_CHANGES: tuple[EventTypes, ...] = ("participant_connected", "participant_disconnected")


class Doors:
    """Opens one participant's tracks to each agent that comes; LiveKit hands a track on at once to
    whoever has asked for it before.
    """

    def __init__(self) -> None:
        self._room: rtc.Room | None = None
        self._let_in: list[str] | None = None

    def entered(self, room: rtc.Room) -> None:
        """We have joined this room, and publish nothing yet."""
        self._room = room
        for event in _CHANGES:
            room.on(event, self._look)
        room.on("reconnected", self._forgotten)
        self._forgotten()

    def left(self) -> None:
        """The room is lost."""
        room, self._room = self._room, None
        if room:
            for event in _CHANGES:
                room.off(event, self._look)
            room.off("reconnected", self._forgotten)

    def _forgotten(self) -> None:
        """A server that was started again lets everybody in."""
        self._let_in = None
        self._look()

    def _look(self, *_: object) -> None:
        if self._room is None:
            return
        agents = (
            one.identity
            for one in self._room.remote_participants.values()
            if one.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
        )
        let_in = [*sorted(agents), *FEED_IDENTITIES]
        if let_in == self._let_in:
            return
        self._let_in = let_in
        self._room.local_participant.set_track_subscription_permissions(
            allow_all_participants=False,
            participant_permissions=[
                rtc.ParticipantTrackPermission(participant_identity=identity, allow_all=True)
                for identity in let_in
            ],
        )
