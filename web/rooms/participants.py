"""Who and what of a room matters to a feed. Pure."""

from __future__ import annotations

from livekit import rtc

from agent.room.status import STATUS
from config.source_names import MODEL_TRACK

_AGENT = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
_CAMERAS = (rtc.TrackSource.SOURCE_CAMERA, rtc.TrackSource.SOURCE_SCREENSHARE)


def booth_of(room: rtc.Room) -> rtc.RemoteParticipant | None:
    """The commentator: the newest agent that says so. One that died stays listed for a while."""
    found = [one for one in room.remote_participants.values() if is_booth(one)]
    return max(found, key=lambda one: (one.joined_at is not None, one.joined_at), default=None)


def is_booth(participant: rtc.RemoteParticipant | None) -> bool:
    """Whether that is a commentator; anybody may call its text streams as a commentator does."""
    return (
        participant is not None and participant.kind == _AGENT and STATUS in participant.attributes
    )


def camera_of(room: rtc.Room, source: str) -> rtc.RemoteTrackPublication | None:
    """The picture of whoever has that identity: its camera before all else."""
    participant = room.remote_participants.get(source)
    if participant is None:
        return None
    pictures = [
        one
        for one in participant.track_publications.values()
        if one.kind == rtc.TrackKind.KIND_VIDEO and one.name != MODEL_TRACK and not one.muted
    ]
    return min(
        pictures,
        key=lambda one: _CAMERAS.index(one.source) if one.source in _CAMERAS else len(_CAMERAS),
        default=None,
    )
