"""What a participant may do and where: requests to LiveKit's token endpoint, and their tokens.

https://docs.livekit.io/frontends/authentication/tokens/endpoint/ describes the request and answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from livekit import api
from livekit.protocol.agent_dispatch import RoomAgentDispatch
from livekit.protocol.room import RoomConfiguration
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from agent.room.questions.question import shown_name
from config.agent_name import AGENT_NAME, WISH_ATTRIBUTE
from web.access.identities import Identities

VIEWER_ATTRIBUTE = "pressbox.viewer"
"""Marks a participant behind which a person watches, also when its own camera is the source."""

LIFETIME = timedelta(minutes=10)
"""How long a token lets its owner join; LiveKit itself renews it for those who are in the room."""

_RESERVED = ("lk.", "pressbox.")
"""How attributes begin that mean something to LiveKit or to us."""

Text = Annotated[str, Field(max_length=256)]
LongText = Annotated[str, Field(max_length=16_384)]


class TokenRequestError(ValueError):
    """A token request is wrong. `str()` is one line that names the field."""


class AgentRequest(BaseModel):
    """One agent that a new room shall get (`RoomAgentDispatch`)."""

    model_config = ConfigDict(frozen=True)

    agent_name: Annotated[Text, Field(validation_alias=AliasChoices("agent_name", "agentName"))]
    metadata: LongText = ""


class RoomRequest(BaseModel):
    """The part of a `RoomConfiguration` that a browser may ask for.

    Nothing but the agents is taken: `egress`, for one, would let any visitor record the room.
    """

    model_config = ConfigDict(frozen=True)

    agents: Annotated[tuple[AgentRequest, ...], Field(max_length=8)] | None = None


class TokenRequest(BaseModel):
    """The body of `POST /api/livekit/token`. Every field may be left out, empty or null.

    participant_token: what came with `participant_identity` before; with it the identity is given
        again, without it a new one that has the wish in it.
    """

    model_config = ConfigDict(frozen=True)

    room_name: Text | None = None
    participant_identity: Text | None = None
    participant_token: LongText | None = None
    participant_name: Text | None = None
    participant_metadata: LongText | None = None
    participant_attributes: Annotated[dict[Text, LongText], Field(max_length=64)] | None = None
    room_config: RoomRequest | None = None


@dataclass(frozen=True, slots=True)
class TokenMaker:
    """Signs tokens with one API key.

    default_room is the room that the launcher makes and dispatches its agent to.
    """

    api_key: str
    api_secret: str
    default_room: str

    def token(self, request: TokenRequest, *, guest: bool = False) -> str:
        """A token (JWT) to join one room, watch, publish and send data there. guest: who came by a
        link, and may change nothing. Raises TokenRequestError.
        """
        room = request.room_name or self.default_room
        if guest and request.room_config is not None and request.room_config.agents:
            raise TokenRequestError("room_config.agents: this needs the admin token")
        agents = self._agents(room, request.room_config)
        wanted = (request.participant_attributes or {}).items()
        attributes = {name: value for name, value in wanted if not name.startswith(_RESERVED)}
        attributes[VIEWER_ATTRIBUTE] = "1"
        wishes = [agent.metadata for agent in agents if agent.agent_name == AGENT_NAME]
        attributes |= {WISH_ATTRIBUTE: wishes[0] or "{}"} if wishes else {}
        token = (
            api.AccessToken(self.api_key, self.api_secret)
            .with_ttl(LIFETIME)
            .with_identity(self._identity(request, room, guest))
            .with_name(shown_name(request.participant_name or ""))
            .with_metadata(request.participant_metadata or "")
            .with_attributes(attributes)
            .with_grants(
                api.VideoGrants(
                    room_join=True,
                    room=room,
                    can_publish=True,
                    can_subscribe=True,
                    can_publish_data=True,
                    can_update_own_metadata=True,
                )
            )
        )
        if agents:
            token = token.with_room_config(RoomConfiguration(agents=agents))
        return token.to_jwt()

    def wants_commentator(self, request: TokenRequest) -> bool:
        """Whether this brings one along, where LiveKit heeds it."""
        room = request.room_name or self.default_room
        return any(one.agent_name == AGENT_NAME for one in self._agents(room, request.room_config))

    def _identity(self, request: TokenRequest, room: str, guest: bool) -> str:
        identities = Identities(self.api_key, self.api_secret)
        wish, shown = request.participant_identity or "", request.participant_token or ""
        return identities.identity(wish, shown, room, guest=guest)

    def _agents(self, room: str, wanted: RoomRequest | None) -> list[RoomAgentDispatch]:
        """The agents that a room made by this token gets; LiveKit ignores them in an existing room,
        so the launcher finds our own one in the participant's attributes too.

        The launcher dispatches to its own room itself: a second dispatch would be a second voice.
        """
        if wanted is not None and wanted.agents is not None:
            named = [(agent.agent_name, agent.metadata) for agent in wanted.agents]
        else:
            named = [(AGENT_NAME, "")]
        return [
            RoomAgentDispatch(agent_name=name, metadata=metadata)
            for name, metadata in named
            if not (room == self.default_room and name == AGENT_NAME)
        ]


def parse_request(body: object) -> TokenRequest:
    """Checks the decoded JSON body of a token request. Raises TokenRequestError."""
    if not isinstance(body, dict):
        raise TokenRequestError("the body must be a JSON object")
    try:
        return TokenRequest.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise TokenRequestError(f"{field}: {first['msg']}") from None
