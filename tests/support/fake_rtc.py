"""A room without a server: LiveKit's own interface, and a script of refusals and delays.

The fixture `fake_rtc` puts the fakes into the place of `rtc.AudioSource`, `rtc.EncodedVideoSource`
and of the makers of local tracks. What they do by default is what LiveKit does on a good day; all
else is said by `fake_rtc.script` (rtc_script.py) or by a method here.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any

import pytest
from livekit import rtc
from livekit.rtc._proto import participant_pb2, room_pb2, track_pb2
from livekit.rtc.data_stream import StreamError, TextStreamInfo
from livekit.rtc.participant import (
    PublishDataError,
    PublishTrackError,
    PublishTranscriptionError,
    UnpublishTrackError,
)

from tests.support.fake_remote import SIDS, FakeRemoteParticipant
from tests.support.fake_sources import (
    FakeAudioSource,
    FakeEncodedVideoSource,
    FakeLocalAudioTrack,
    FakeLocalPublication,
    FakeLocalVideoTrack,
)
from tests.support.fake_streams import FakeTextStreamReader, FakeTextStreamWriter, Feed, Text
from tests.support.rtc_script import REFUSED, STALL, Script, Step

__all__ = ["REFUSED", "STALL", "FakeRoom", "FakeRtc", "Script", "Step"]

log = logging.getLogger("tests.fake_rtc")


class FakeRtc:
    """All fakes of one test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.script = Script()
        self.audio_sources: list[FakeAudioSource] = []
        self.video_sources: list[FakeEncodedVideoSource] = []
        monkeypatch.setattr(rtc, "AudioSource", self._audio_source)
        monkeypatch.setattr(rtc, "EncodedVideoSource", self._video_source)
        monkeypatch.setattr(rtc.LocalAudioTrack, "create_audio_track", FakeLocalAudioTrack)
        monkeypatch.setattr(rtc.LocalVideoTrack, "create_video_track", FakeLocalVideoTrack)

    def room(self, name: str = "studio", identity: str = "agent") -> FakeRoom:
        """A connected room; make it inside the event loop."""
        return FakeRoom(self.script, name, identity)

    def _audio_source(
        self,
        sample_rate: int,
        num_channels: int,
        queue_size_ms: int = 1000,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> FakeAudioSource:
        source = FakeAudioSource(self.script, sample_rate, num_channels, queue_size_ms)
        self.audio_sources.append(source)
        return source

    def _video_source(self, width: int, height: int) -> FakeEncodedVideoSource:
        source = FakeEncodedVideoSource(self.script, width, height)
        self.video_sources.append(source)
        return source


class FakeRoom(rtc.Room):
    """A room that a test fills and breaks; events, handlers and names are LiveKit's own."""

    def __init__(self, script: Script, name: str, identity: str) -> None:
        super().__init__(asyncio.get_running_loop())
        self.script = script
        self._info = room_pb2.RoomInfo(name=name)
        self.local = FakeLocalParticipant(self, identity)
        self._local_participant = self.local
        self._connection_state = rtc.ConnectionState.CONN_CONNECTED
        self.readers: list[FakeTextStreamReader] = []
        """Text streams that somebody reads, and that are not closed."""

    def isconnected(self) -> bool:
        return self._connection_state != rtc.ConnectionState.CONN_DISCONNECTED

    def join(
        self,
        identity: str,
        *,
        kind: rtc.ParticipantKind.ValueType = rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD,
        attributes: dict[str, str] | None = None,
        name: str = "",
    ) -> FakeRemoteParticipant:
        """Somebody comes."""
        participant = FakeRemoteParticipant(self, identity, kind, attributes or {}, name)
        self._remote_participants[identity] = participant
        self.emit("participant_connected", participant)
        self.emit("participant_active", participant)
        return participant

    def leave(
        self,
        identity: str,
        reason: rtc.DisconnectReason.ValueType = rtc.DisconnectReason.CLIENT_INITIATED,
    ) -> None:
        """Somebody goes: first the tracks, as LiveKit tells it."""
        participant: Any = self._remote_participants[identity]
        for publication in list(participant.track_publications.values()):
            participant.unpublish(publication)
        del self._remote_participants[identity]
        participant._info.disconnect_reason = reason
        self.emit("participant_disconnected", participant)

    def lose(self) -> None:
        """The connection ends for good: nothing is answered any more."""
        self._connection_state = rtc.ConnectionState.CONN_DISCONNECTED
        for reader in list(self.readers):
            reader.break_off("Disconnected while receiving")
        self.emit("connection_state_changed", self._connection_state)
        self.emit("disconnected", rtc.DisconnectReason.UNKNOWN_REASON)

    def reconnect(self) -> None:
        """The connection was lost and is back; the room has forgotten our attributes, and our
        tracks have got other sids.
        """
        self.emit("reconnecting")
        self._connection_state = rtc.ConnectionState.CONN_CONNECTED
        self.local.forget()
        self.emit("reconnected")

    def stream(self, topic: str, identity: str, feed: Feed) -> FakeTextStreamReader | None:
        """Somebody sends text; None: nobody listens to the topic."""
        handler = self._text_stream_handlers.get(topic)
        if handler is None:
            return None
        reader = FakeTextStreamReader(topic, feed, lambda: self.readers.remove(reader))
        self.readers.append(reader)
        handler(reader, identity)
        return reader

    def packet(self, topic: str, identity: str, data: bytes) -> None:
        """A participant, who may have left meanwhile, sends a data packet."""
        sender: Any = self._remote_participants.get(identity)
        kind = room_pb2.DataPacketKind.KIND_RELIABLE
        self.emit("data_received", rtc.DataPacket(data, kind, sender, topic))


class FakeLocalParticipant(rtc.LocalParticipant):
    """Ourselves in the room; keeps what was published, set and sent."""

    def __init__(self, room: FakeRoom, identity: str) -> None:
        self._info = participant_pb2.ParticipantInfo(
            identity=identity, sid="PA_local", kind=rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
        )
        self._room = room
        self._track_publications = {}
        self._rpc_handlers = {}
        self._rpc_interceptors = []
        self.options: dict[str, rtc.TrackPublishOptions] = {}
        """By the name of the track."""
        self.attributes_set: list[tuple[float, dict[str, str]]] = []
        """With the time, in seconds of the clock."""
        self.texts: list[Text] = []
        self.packets: list[Text] = []
        self.streams: list[FakeTextStreamWriter] = []
        self.transcriptions: list[rtc.Transcription] = []

    async def publish_track(
        self, track: rtc.LocalTrack, options: rtc.TrackPublishOptions | None = None
    ) -> rtc.LocalTrackPublication:
        await self._room.script.run("publish_track")
        if not self._room.isconnected():
            raise PublishTrackError("engine is closed")
        if not isinstance(track, FakeLocalAudioTrack | FakeLocalVideoTrack):
            raise TypeError(f"a fake room takes tracks made by fake_rtc, not {track!r}")
        options = options or rtc.TrackPublishOptions()
        track._info.sid = f"TR_{next(SIDS)}"
        info = track_pb2.TrackPublicationInfo(
            sid=track.sid, name=track.name, kind=track.kind, source=options.source
        )
        publication = FakeLocalPublication(info, track)
        self._track_publications[track.sid] = publication
        self.options[track.name] = options
        self._room.emit("local_track_published", publication, track)
        return publication

    async def unpublish_track(self, track_sid: str) -> None:
        await self._room.script.run("unpublish_track")
        if not self._room.isconnected() or track_sid not in self._track_publications:
            raise UnpublishTrackError("track not found")
        publication = self._track_publications.pop(track_sid)
        self._room.emit("local_track_unpublished", publication)
        publication._track = None

    async def set_attributes(self, attributes: dict[str, str]) -> None:
        await self._room.script.run("set_attributes")
        if not self._room.isconnected():
            await asyncio.get_running_loop().create_future()  # nobody acknowledges
        self._info.attributes.update(attributes)
        self.attributes_set.append((time.monotonic(), dict(attributes)))

    async def send_text(
        self,
        text: str,
        *,
        destination_identities: list[str] | None = None,
        topic: str = "",
        attributes: dict[str, str] | None = None,
        reply_to_id: str | None = None,
        compress: bool = True,
    ) -> TextStreamInfo:
        await self._room.script.run("send_text")
        if not self._room.isconnected():
            raise StreamError("the engine is closed")
        self.texts.append(Text(time.monotonic(), topic, text, tuple(destination_identities or ())))
        return TextStreamInfo("TX", "text/plain", topic, 0, len(text), attributes, [])

    async def publish_data(
        self,
        payload: bytes | str,
        *,
        reliable: bool = True,
        destination_identities: Sequence[str] = (),
        topic: str = "",
    ) -> None:
        await self._room.script.run("publish_data")
        if not self._room.isconnected():
            raise PublishDataError("the engine is closed")
        text = payload if isinstance(payload, str) else payload.decode()
        self.packets.append(Text(time.monotonic(), topic, text, tuple(destination_identities)))

    async def publish_transcription(self, transcription: rtc.Transcription) -> None:
        await self._room.script.run("publish_transcription")
        if not self._room.isconnected():
            raise PublishTranscriptionError("the engine is closed")
        self.transcriptions.append(transcription)

    async def stream_text(
        self,
        *,
        destination_identities: list[str] | None = None,
        topic: str = "",
        attributes: dict[str, str] | None = None,
        stream_id: str | None = None,
        reply_to_id: str | None = None,
        total_size: int | None = None,
        sender_identity: str | None = None,
    ) -> FakeTextStreamWriter:
        await self._room.script.run("stream_text")
        if not self._room.isconnected():
            raise StreamError("the engine is closed")
        writer = FakeTextStreamWriter(
            self._room.script,
            self._room.isconnected,
            topic,
            dict(attributes or {}),
            destination_identities or (),
        )
        self.streams.append(writer)
        return writer

    def register_rpc_method(self, method_name: str, handler: Any = None) -> Any:
        if handler is None:
            return lambda given: self.register_rpc_method(method_name, given)
        self._rpc_handlers[method_name] = handler
        return handler

    def unregister_rpc_method(self, method: str) -> None:
        self._rpc_handlers.pop(method, None)

    async def called(
        self, method: str, payload: str = "", *, caller: str = "viewer", timeout: float = 15.0
    ) -> str | None:
        """Somebody calls a method of ours, over LiveKit's own way to the handler. Raises RpcError,
        also for what the handler raises.
        """
        call = rtc.RpcInvocationData("RQ", caller, payload, timeout, method=method)
        try:
            return await self._run_incoming_chain(call)
        except rtc.RpcError:
            raise
        except Exception as error:
            log.exception("the handler of %s failed", method)
            code = rtc.RpcError.ErrorCode.APPLICATION_ERROR
            raise rtc.RpcError(code, "Application error in method handler") from error

    def forget(self) -> None:
        """As after a restart of the server: attributes gone, tracks published anew."""
        self._info.attributes.clear()
        for previous, publication in list(self._track_publications.items()):
            del self._track_publications[previous]
            publication._info.sid = f"TR_{next(SIDS)}"
            if publication.track is not None:
                publication.track._info.sid = publication.sid
            self._track_publications[publication.sid] = publication
            self._room.emit("local_track_republished", publication, previous)
