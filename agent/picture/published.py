"""What is published in a room, as the choice of the source needs it."""

from __future__ import annotations

from livekit import rtc

from agent.picture.source_choice import Track
from config.source_names import MODEL_TRACK

_DECODED = frozenset({"vp8", "vp9", "av1", "h264"})
"""What this LiveKit decodes."""

_SPELLED = {"h265": "H.265", "hevc": "H.265"}


def videos(room: rtc.Room, has_key: bool) -> list[Track]:
    """Every video track of the others in the room, in no order; `has_key`: for encrypted ones."""
    return [
        _track(participant, publication, has_key)
        for participant in room.remote_participants.values()
        for publication in participant.track_publications.values()
        if publication.kind == rtc.TrackKind.KIND_VIDEO
    ]


def companions(room: rtc.Room, identity: str) -> tuple[str, str]:
    """The sids of a participant's sound and of its small second picture, "" for none."""
    participant = room.remote_participants.get(identity)
    sound = small = ""
    for publication in participant.track_publications.values() if participant else ():
        if publication.kind == rtc.TrackKind.KIND_AUDIO:
            sound = sound or publication.sid
        elif participant and _is_small(publication, participant):
            small = small or publication.sid
    return sound, small


def publication_of(room: rtc.Room, sid: str) -> rtc.RemoteTrackPublication | None:
    """The publication of a track; None: it is there no more."""
    for participant in room.remote_participants.values():
        if sid in participant.track_publications:
            return participant.track_publications[sid]
    return None


def _track(
    participant: rtc.RemoteParticipant, publication: rtc.RemoteTrackPublication, has_key: bool
) -> Track:
    joined, kinds = participant.joined_at, rtc.ParticipantKind
    encrypted = publication.encryption_type != rtc.EncryptionType.NONE
    return Track(
        sid=publication.sid,
        identity=participant.identity,
        participant=participant.sid,
        source=publication.source,
        name=publication.name,
        joined=joined.timestamp() if joined else 0.0,
        muted=publication.muted,
        screen=publication.source == rtc.TrackSource.SOURCE_SCREENSHARE,
        agent=participant.kind == kinds.PARTICIPANT_KIND_AGENT,
        ingress=participant.kind == kinds.PARTICIPANT_KIND_INGRESS,
        small=_is_small(publication, participant),
        encrypted=encrypted,
        barrier=_barrier(
            participant.identity, publication.mime_type, locked=encrypted and not has_key
        ),
    )


def _barrier(identity: str, mime_type: str, *, locked: bool) -> str:
    """Why a track cannot be seen here, one line; "" where nothing is known against it."""
    if locked:
        return f"{identity}'s picture is encrypted end to end and there is no ROOM_KEY here"
    codec = mime_type.lower().removeprefix("video/")
    if codec and codec not in _DECODED:
        spelled = _SPELLED.get(codec, codec.upper())
        return f"{identity} sends {spelled}, which cannot be decoded here"
    return ""


def _is_small(publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant) -> bool:
    """Whether this is an ingress's small second picture; another's track may have any name."""
    return (
        publication.name == MODEL_TRACK
        and publication.kind == rtc.TrackKind.KIND_VIDEO
        and participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_INGRESS
    )
