"""The agent's name, and the names by which participants of a room find one another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from livekit.protocol.models import ParticipantInfo

AGENT_NAME = "pressbox"
"""What a dispatch asks for."""

NAME_ATTRIBUTE = "lk.agent.name"
"""LiveKit gives each agent's participant its name here."""

WISH_ATTRIBUTE = "pressbox.wish"
"""Of a participant whose token asked for our agent: the dispatch metadata, `{}` for none. LiveKit
itself heeds a token's agents only where the token makes the room.
"""

LINE_TOPIC = "pressbox.line"
"""Text stream of what it says: `agent.room.line_feed`."""

GUEST_PREFIX = "guest-"
"""Begins the identity of whoever came by a viewer link: may watch and ask, and steers nothing."""


class Participant(Protocol):
    """As the room (``livekit.rtc``) or the server's API tells of one."""

    @property
    def kind(self) -> int: ...
    @property
    def attributes(self) -> Mapping[str, str]: ...


def is_ours(participant: Participant) -> bool:
    """Whether that is our agent, in whatever state; anybody may give himself its name."""
    agent = participant.kind == ParticipantInfo.Kind.AGENT
    return agent and participant.attributes.get(NAME_ATTRIBUTE) == AGENT_NAME
