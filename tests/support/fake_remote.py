"""Fakes of the others in a room and of what they publish."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import TYPE_CHECKING

from livekit import rtc
from livekit.rtc._proto import participant_pb2, stats_pb2, track_pb2

from tests.support.rtc_script import STALL, Script

if TYPE_CHECKING:
    from tests.support.fake_rtc import FakeRoom

SUBSCRIBE = 0.05
"""Seconds until a track that was asked for is there."""

SIDS = itertools.count(1)


class FakeRemoteParticipant(rtc.RemoteParticipant):
    """Somebody else in the room."""

    def __init__(
        self,
        room: FakeRoom,
        identity: str,
        kind: rtc.ParticipantKind.ValueType,
        attributes: dict[str, str],
        name: str = "",
    ) -> None:
        self._info = participant_pb2.ParticipantInfo(
            identity=identity, name=name, sid=f"PA_{next(SIDS)}", kind=kind, attributes=attributes
        )
        self._info.joined_at = round(time.time() * 1000)
        self._room = room
        self._track_publications = {}

    def change(self, **attributes: str) -> None:
        """Set attributes; `a__b` stands for `a.b`."""
        changed = {name.replace("__", "."): value for name, value in attributes.items()}
        self._info.attributes.update(changed)
        self._room.emit("participant_attributes_changed", changed, self)

    def publish(
        self,
        *,
        kind: rtc.TrackKind.ValueType = rtc.TrackKind.KIND_VIDEO,
        source: rtc.TrackSource.ValueType = rtc.TrackSource.SOURCE_CAMERA,
        name: str = "",
        mime_type: str = "video/H264",
        encryption_type: rtc.EncryptionType.ValueType = rtc.EncryptionType.NONE,
        simulcasted: bool = False,
    ) -> FakeRemotePublication:
        """Begin to send a track, to which nobody is subscribed yet."""
        info = track_pb2.TrackPublicationInfo(
            sid=f"TR_{next(SIDS)}",
            name=name,
            kind=kind,
            source=source,
            mime_type=mime_type,
            encryption_type=encryption_type,
            simulcasted=simulcasted,
        )
        publication = FakeRemotePublication(self._room, self, info)
        self._track_publications[info.sid] = publication
        self._room.emit("track_published", publication, self)
        return publication

    def unpublish(self, publication: FakeRemotePublication) -> None:
        """Stop sending a track."""
        publication.end()
        self._room.emit("track_unpublished", self._track_publications.pop(publication.sid), self)


class FakeRemotePublication(rtc.RemoteTrackPublication):
    """A track of somebody else. Script `subscribe`: how long it takes until it is there."""

    def __init__(
        self,
        room: FakeRoom,
        participant: FakeRemoteParticipant,
        info: track_pb2.TrackPublicationInfo,
    ) -> None:
        self._info = info
        self._track = None
        self._subscribed = self._wanted = False
        self._room = room
        self._participant = participant
        self._coming: asyncio.TimerHandle | None = None
        self.asked: list[bool] = []
        """Each call of `set_subscribed`."""

    def set_subscribed(self, subscribed: bool) -> None:
        self.asked.append(subscribed)
        if subscribed == self._wanted:
            return
        self._wanted = subscribed
        if self._coming:
            self._coming.cancel()
        loop, step = asyncio.get_running_loop(), self._room.script.take("subscribe")
        if not subscribed and self._track is not None:
            loop.call_soon(self._goes, self._track)
        elif subscribed and step != STALL:
            seconds = step if isinstance(step, float | int) else SUBSCRIBE
            self._coming = loop.call_later(seconds, self._comes)

    def set_video_quality(self, quality: rtc.VideoQuality.ValueType) -> None:
        if self.kind != rtc.TrackKind.KIND_VIDEO or not self.simulcasted:
            raise ValueError(f"set_video_quality requires a simulcasted video (sid={self.sid})")

    def mute(self, muted: bool) -> None:
        """Its publisher switches it off or on."""
        self._info.muted = muted
        self._room.emit("track_muted" if muted else "track_unmuted", self._participant, self)

    def end(self) -> None:
        """Its publisher takes it back."""
        self._wanted = False
        if self._coming:
            self._coming.cancel()
        if self._track is not None:
            self._goes(self._track)

    def _comes(self) -> None:
        info = track_pb2.TrackInfo(sid=self.sid, name=self.name, kind=self.kind)
        video = self.kind == rtc.TrackKind.KIND_VIDEO
        made = FakeRemoteVideoTrack if video else FakeRemoteAudioTrack
        self._track, self._subscribed = made(self._room.script, info), True
        self._room.emit("track_subscribed", self._track, self, self._participant)

    def _goes(self, track: rtc.Track) -> None:
        if self._track is not track:
            return
        self._track, self._subscribed = None, False
        self._room.emit("track_unsubscribed", track, self, self._participant)


class _RemoteTrack(rtc.Track):
    def __init__(self, script: Script, info: track_pb2.TrackInfo) -> None:
        self._info = info
        self._script = script
        self.stats: list[stats_pb2.RtcStats] = []

    async def get_stats(self) -> list[stats_pb2.RtcStats]:
        await self._script.run("get_stats")
        return self.stats


class FakeRemoteVideoTrack(_RemoteTrack, rtc.RemoteVideoTrack):
    """The picture of a publication that was subscribed to."""


class FakeRemoteAudioTrack(_RemoteTrack, rtc.RemoteAudioTrack):
    """The sound of a publication that was subscribed to."""
