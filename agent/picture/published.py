"""What is published in a room, as the choice of the source needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from livekit import rtc
from livekit.rtc.room import EventTypes

from config.source_names import MODEL_TRACK

Kind = Literal["camera", "screen", "small", "sound"]
By = Literal["person", "ingress", "agent"]

CHANGES: tuple[EventTypes, ...] = (
    "track_published",
    "track_unpublished",
    "track_muted",
    "track_unmuted",
    "track_subscribed",
    "track_unsubscribed",
    "participant_connected",
    "participant_disconnected",
    "reconnected",
)
"""Events of a room after which other tracks are there, or are to be had."""

_DECODED = frozenset({"vp8", "vp9", "av1", "h264"})
"""What this LiveKit decodes."""

_MACHINES: dict[int, By] = {
    rtc.ParticipantKind.PARTICIPANT_KIND_INGRESS: "ingress",
    rtc.ParticipantKind.PARTICIPANT_KIND_AGENT: "agent",
}


@dataclass(frozen=True, slots=True)
class Track:
    """Somebody's track.

    `participant` is the participant's sid, which a rejoin changes; `joined` is when it joined, Unix
    seconds; small: an ingress's second picture, for the engine. `barrier` is why a picture can
    never be seen here, one line, "" where nothing is known against it.
    """

    sid: str
    identity: str
    participant: str
    kind: Kind = "camera"
    by: By = "person"
    name: str = ""
    joined: float = 0.0
    muted: bool = False
    encrypted: bool = False
    barrier: str = ""


def published(room: rtc.Room, has_key: bool) -> dict[Track, rtc.RemoteTrackPublication]:
    """Every track of the others in the room; `has_key`: for encrypted ones."""
    return {
        _track(participant, publication, has_key): publication
        for participant in room.remote_participants.values()
        for publication in participant.track_publications.values()
    }


def _track(
    participant: rtc.RemoteParticipant, publication: rtc.RemoteTrackPublication, has_key: bool
) -> Track:
    joined = participant.joined_at
    by: By = _MACHINES.get(participant.kind, "person")
    kind: Kind = "camera"
    if publication.kind == rtc.TrackKind.KIND_AUDIO:
        kind = "sound"
    elif by == "ingress" and publication.name == MODEL_TRACK:
        kind = "small"
    elif publication.source == rtc.TrackSource.SOURCE_SCREENSHARE:
        kind = "screen"
    encrypted = publication.encryption_type != rtc.EncryptionType.NONE
    codec = publication.mime_type.lower().removeprefix("video/")
    barrier = ""
    if encrypted and not has_key:
        barrier = "'s picture is encrypted end to end and there is no ROOM_KEY here"
    elif kind != "sound" and codec and codec not in _DECODED:
        barrier = f" sends {codec.upper()}, which cannot be decoded here"
    return Track(
        sid=publication.sid,
        identity=participant.identity,
        participant=participant.sid,
        kind=kind,
        by=by,
        name=publication.name,
        joined=joined.timestamp() if joined else 0.0,
        muted=publication.muted,
        encrypted=encrypted,
        barrier=barrier and participant.identity + barrier,
    )
