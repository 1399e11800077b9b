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
        self.seen: Ingress | None = None
        self.picture = False

    async def look(self, name: str) -> None:
        """Asks for the ingress of this name and for the participant."""
        answer = await self._lkapi.ingress.list_ingress(
            api.ListIngressRequest(room_name=self._room)
        )
        found = [info for info in answer.items if info.name == name]
        self.seen = record(found[0]) if found else None
        participant = await self._participant()
        self.picture = participant is not None and has_picture(participant)
        if participant is None:
            self._told = ""

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
