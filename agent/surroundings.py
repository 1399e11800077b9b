"""Where a booth is: in a LiveKit room, or elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from livekit import rtc

from agent.picture.encoded_track import EncodedTrack, PublishPicture
from agent.picture.source import Source
from agent.picture.watched import Watched
from agent.room.audience import Person, people
from agent.room.room import Room
from agent.room.succession import Turn
from agent.sound.sound_track import PublishedSound, PublishSound


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Attributes:
    room: For the texts.
    source: Makes what is watched; keyword arguments as of `Source`, without `has_key`.
    picture, sound: Open the tracks for what is shown and heard.
    people: Everybody else who is there.
    turn: When it may speak.
    """

    room: Room
    source: Callable[..., Watched]
    picture: PublishPicture
    sound: PublishSound
    people: Callable[[], list[Person]]
    turn: Turn = field(default_factory=Turn)


def in_livekit(room: rtc.Room, *, has_key: bool = False, after: str = "") -> Surroundings:
    """A room that was joined. `has_key`: with a key for what is encrypted; `after`: see `Turn`."""
    return Surroundings(
        room,
        partial(Source, room, has_key=has_key),
        partial(EncodedTrack.publish, room),
        partial(PublishedSound.publish, room),
        partial(people, room),
        Turn(room, after),
    )
