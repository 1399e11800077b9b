"""One of our ingresses as the server sees it: its state, and its picture in the room."""

from __future__ import annotations

from dataclasses import replace

from livekit import api

from ingress.livekit_ingress.records import Ingress, has_picture, record
from ingress.report import ATTRIBUTE, SourceReport


class Presence:
    """Looked at again and again; all calls raise what the server's API raises."""

    def __init__(self, lkapi: api.LiveKitAPI, room: str, identity: str) -> None:
        self._lkapi = lkapi
        self._room = room
        self._identity = identity
        self._told = ""
        self._since = 0.0
        self._first = 0.0
        self._last = 0.0
        self.ingress_id = ""
        self.seen: Ingress | None = None
        self.picture = False
        self.gone = False

    @property
    def error(self) -> str:
        """What the service says is wrong, in one safe line."""
        return self.seen.error if self.seen else ""

    @property
    def expected(self) -> bool:
        """Whether a push was accepted."""
        return self._since > 0

    def begin(self, now: float) -> None:
        """The push was accepted; from now on a picture is expected."""
        self._since = now

    def shown_for(self, now: float) -> float:
        """Seconds from the first to the last look that found the picture in the room."""
        del now
        return self._last - self._first if self._first else 0.0

    def missing_for(self, now: float) -> float:
        """Seconds without a picture although one is expected."""
        since = max(self._since, self._last)
        return now - since if self._since and not self.picture else 0.0

    async def look(self, name: str, now: float) -> None:
        """Asks for the ingress of this name and for the participant."""
        answer = await self._lkapi.ingress.list_ingress(
            api.ListIngressRequest(room_name=self._room)
        )
        found = [info for info in answer.items if info.name == name]
        self.gone = not found
        self.seen = record(found[0]) if found else None
        participant = await self._participant()
        self.picture = participant is not None and has_picture(participant)
        if participant is None:
            self._told = ""
        if self.picture:
            self._first = self._first or now
            self._last = now

    async def tell(self, report: SourceReport | None) -> None:
        """Writes the report to the participant, where it has changed and somebody is there."""
        if report is None or not self.picture:
            return
        # Not for every change of the rate: each is a message to all in the room.
        said = replace(report, fps=0.0).attribute()
        if said == self._told:
            return
        attribute = report.attribute()
        await self._lkapi.room.update_participant(
            api.UpdateParticipantRequest(
                room=self._room, identity=self._identity, attributes={ATTRIBUTE: attribute}
            )
        )
        self._told = said

    async def clear(self, name: str) -> None:
        """Deletes what is there under this name, also from a run that was killed."""
        answer = await self._lkapi.ingress.list_ingress(
            api.ListIngressRequest(room_name=self._room)
        )
        for info in answer.items:
            if info.name == name:
                gone = api.DeleteIngressRequest(ingress_id=info.ingress_id)
                await self._lkapi.ingress.delete_ingress(gone)

    async def _participant(self) -> api.ParticipantInfo | None:
        try:
            return await self._lkapi.room.get_participant(
                api.RoomParticipantIdentity(room=self._room, identity=self._identity)
            )
        except api.TwirpError as error:
            if error.code != "not_found":
                raise
            return None
