"""What a token allows, and which token requests are refused."""

from __future__ import annotations

import base64
import json

import pytest
from livekit import api

from web.tokens import LIFETIME, TokenMaker, TokenRequestError, parse_request

KEY = "key"
SECRET = "a secret of at least thirty-two characters"
MAKER = TokenMaker(KEY, SECRET, default_room="lobby")


def claims(**body: object) -> api.access_token.Claims:
    return api.TokenVerifier(KEY, SECRET).verify(MAKER.token(parse_request(body)))


def agents(**body: object) -> list[tuple[str, str]]:
    config = claims(**body).room_config
    return [(agent.agent_name, agent.metadata) for agent in config.agents] if config else []


def test_a_token_allows_to_watch_publish_and_send_but_not_to_administer() -> None:
    video = claims().video
    assert video is not None
    assert video.can_publish
    assert video.can_subscribe
    assert video.can_publish_data
    assert video.can_update_own_metadata
    assert not video.room_admin
    assert not video.room_create
    assert not video.hidden


def test_what_is_asked_for_is_in_the_token() -> None:
    made = claims(
        room_name="attic",
        participant_name=f" Ann\nof {'x' * 200}",
        participant_metadata="{}",
        participant_attributes={"seat": "4"},
    )
    assert made.video is not None
    assert (made.video.room, made.name) == ("attic", f"Ann of {'x' * 33}")
    assert made.metadata == "{}"
    assert made.attributes == {"seat": "4", "pressbox.viewer": "1", "pressbox.wish": "{}"}


def test_attributes_that_mean_something_cannot_be_chosen() -> None:
    wanted = {"pressbox.viewer": "", "pressbox.wish": "x", "lk.publish_on_behalf": "agent-AJ_1"}
    assert claims(participant_attributes=wanted).attributes == {"pressbox.viewer": "1"}


@pytest.mark.parametrize("wish", ["agent-AJ_x", "gate", "viewer-64f26cef", "viewer-0123456789ab"])
def test_nobody_gets_the_identity_that_he_asks_for(wish: str) -> None:
    made = claims(participant_identity=wish).identity
    assert made.startswith("viewer-")
    assert made != wish
    assert claims(participant_identity=wish).identity != made


def test_who_was_given_an_identity_gets_it_again() -> None:
    first = MAKER.token(parse_request({"participant_identity": "ann"}))
    mine = api.TokenVerifier(KEY, SECRET).verify(first).identity
    other = MAKER.token(parse_request({}))
    stranger = TokenMaker(KEY, SECRET[::-1], default_room="lobby")
    forged = stranger.token(parse_request({}))

    def again(**more: object) -> str:
        return claims(participant_identity=mine, **more).identity

    assert again(participant_token=first) == mine
    assert mine.startswith("viewer-ann-")
    for shown in (other, forged, "", "a.b.c"):
        assert again(participant_token=shown) != mine
    assert again(participant_token=first, room_name="attic") != mine


def test_a_robots_own_token_gives_its_identity_to_nobody_else() -> None:
    grants = api.VideoGrants(room_join=True, room="lobby")
    robot = api.AccessToken(KEY, SECRET).with_identity("gate").with_grants(grants).to_jwt()
    assert claims(participant_identity="gate", participant_token=robot).identity != "gate"


def test_a_guest_cannot_dispatch_agents() -> None:
    def guest(**body: object) -> api.access_token.Claims:
        return api.TokenVerifier(KEY, SECRET).verify(MAKER.token(parse_request(body), guest=True))

    made = guest(room_name="attic")
    assert made.identity.startswith("guest-")
    assert made.room_config is not None
    assert [one.agent_name for one in made.room_config.agents] == ["pressbox"]
    with pytest.raises(TokenRequestError, match="admin token"):
        guest(room_name="attic", room_config={"agents": [{"agent_name": "pressbox"}]})


def test_asked_for_agents_are_passed_on_with_their_metadata() -> None:
    asked = {"agents": [{"agent_name": "pressbox", "metadata": '{"mode":"idle"}'}]}
    assert agents(room_name="attic", room_config=asked) == [("pressbox", '{"mode":"idle"}')]
    camel = {"agents": [{"agentName": "other"}]}
    assert agents(room_name="attic", room_config=camel) == [("other", "")]
    assert agents(room_name="attic", room_config={"agents": []}) == []


def test_the_launchers_room_never_gets_a_second_agent() -> None:
    assert agents() == []
    assert agents(room_name="lobby") == []
    asked = {"agents": [{"agent_name": "pressbox"}, {"agent_name": "other"}]}
    assert agents(room_config=asked) == [("other", "")]


def test_the_wish_for_the_agent_can_be_read_in_a_room_that_exists() -> None:
    def wish(*agents: dict[str, str]) -> str | None:
        made = claims(room_name="attic", room_config={"agents": list(agents)})
        return (made.attributes or {}).get("pressbox.wish")

    assert wish({"agent_name": "other"}, {"agent_name": "pressbox", "metadata": "{1}"}) == "{1}"
    assert wish() is None
    assert wish({"agent_name": "other"}) is None


def test_a_browser_cannot_ask_for_a_recording() -> None:
    config = claims(
        room_name="attic", room_config={"egress": {"room": {"file_outputs": [{}]}}}
    ).room_config
    assert config is not None
    assert not config.HasField("egress")


def test_a_token_ends() -> None:
    payload = MAKER.token(parse_request({})).split(".")[1]
    times = json.loads(base64.urlsafe_b64decode(payload + "==="))
    assert times["exp"] - times["nbf"] == LIFETIME.total_seconds()


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ([], "JSON object"),
        (None, "JSON object"),
        ({"room_name": 4}, "room_name"),
        ({"room_name": "x" * 257}, "room_name"),
        ({"participant_metadata": "x" * 20_000}, "participant_metadata"),
        ({"participant_attributes": {"a": 1}}, "participant_attributes.a"),
        ({"participant_attributes": ["a"]}, "participant_attributes"),
        ({"room_config": "pressbox"}, "room_config"),
        ({"room_config": {"agents": [{"metadata": "x"}]}}, "room_config.agents.0.agent_name"),
        ({"room_config": {"agents": [{"agent_name": "a"}] * 9}}, "room_config.agents"),
    ],
)
def test_a_wrong_request_is_refused_with_one_line_that_names_the_field(
    body: object, names: str
) -> None:
    with pytest.raises(TokenRequestError) as caught:
        parse_request(body)
    assert names in str(caught.value)
    assert "\n" not in str(caught.value)
