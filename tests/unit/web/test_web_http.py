"""The HTTP API over booths that fail, and what it says of wrong requests and of itself."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application

from config import profiles
from config.log import always
from tests.support.http_api import ENDLESS, Client, gone, ok, refusal
from tests.support.scripted_feed import DEFAULT, ScriptedFeed, ScriptedFeeds
from web.feed import CallError
from web.http import calls, viewers
from web.http.api import Api

# calls


async def test_a_question_gets_its_id_or_its_answer(client: Client, feeds: ScriptedFeeds) -> None:
    answer = await client.post("/api/ask", json={"text": "Who?", "name": "Ann"})
    assert (answer.status, await answer.json()) == (202, {"id": "q1", "position": 1})
    seen: list[list[tuple[str, str, str]]] = []
    feeds.fill = lambda feed: seen.append(feed.calls)
    asking = {"text": "Who?", "name": "Ann"}
    headers = {"traceparent": "00-1-2-01"}
    answer = await client.post("/api/ask?wait=1&room=b", json=asking, headers=headers)
    assert (answer.status, (await answer.json())["text"]) == (200, "A cat.")
    (((method, payload, name),),) = seen
    assert (method, name) == ("pressbox.ask", "Ann")
    assert json.loads(payload).items() >= ({"text": "Who?", "wait": True} | headers).items()


async def test_a_setting_that_is_wrong_is_named(client: Client) -> None:
    body = await refusal(client, "/api/settings", "POST", json={"delay": 99})
    assert (body["status"], body["field"], body["value"]) == (400, "delay", "99")
    assert "from 0 to 30" in body["allowed"]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (CallError(503, "no commentator is there"), 503),
        (CallError(400, "no", {"problems": "odd"}), 400),
        ("not JSON", 502),
        ("[1]", 502),
    ],
)
async def test_a_booth_that_fails_costs_one_answer(
    client: Client, feeds: ScriptedFeeds, answer: str | CallError, status: int
) -> None:
    feeds.fill = lambda feed: feed.answers.update({"pressbox.get": answer})
    assert (await refusal(client, "/api/settings"))["status"] == status


async def test_what_is_logged_of_a_request_is_about_its_room(
    client: Client, feeds: ScriptedFeeds, caplog: pytest.LogCaptureFixture
) -> None:
    def bug(_: ScriptedFeed) -> None:
        raise KeyError("a bug")

    always()
    feeds.fill = bug
    assert (await refusal(client, "/api/settings?room=b"))["status"] == 500
    assert [vars(one)["room"] for one in caplog.records if one.name == "web"] == ["b"]


async def test_a_booth_that_says_nothing_is_not_waited_for_without_end(
    client: Client, feeds: ScriptedFeeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "ANSWER_TIMEOUT", 0.01)
    feeds.fill = lambda feed: feed.silent.add("pressbox.ask")
    body = await refusal(client, "/api/ask?wait=1", "POST", json={"text": "Who?"})
    assert body["status"] == 504
    assert feeds.watchers == {DEFAULT: 0}


# rooms that are not to be had


@pytest.mark.parametrize("path", [*ENDLESS, "/api/frame", "/api/settings", "/api/rules"])
async def test_a_room_that_cannot_be_opened_is_an_answer_everywhere(
    client: Client, feeds: ScriptedFeeds, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds.error = CallError(503, "no LiveKit server")
    body = await refusal(client, path)
    assert (body["status"], body["error"]) == (503, "no LiveKit server")
    feeds.late = True
    monkeypatch.setattr(viewers, "OPEN_TIMEOUT", 0.01)
    assert (await refusal(client, path))["status"] == 504


@pytest.mark.parametrize("path", ENDLESS)
async def test_a_feed_that_dies_ends_its_answers(
    client: Client, feeds: ScriptedFeeds, path: str
) -> None:
    answer = await ok(client, path)
    await answer.content.readany()
    await feeds.rooms[DEFAULT].aclose()
    async with asyncio.timeout(5):
        await answer.read()
    await gone(feeds)


# parameters, methods


@pytest.mark.parametrize(
    ("path", "field", "allowed"),
    [
        ("/api/mjpeg?fps=900", "fps", "from 0.1 to 60"),
        ("/api/mjpeg?fps=nan", "fps", "from 0.1 to 60"),
        ("/api/mjpeg?width=-1", "width", "from 16 to 3840"),
        ("/api/frame?quality=x", "quality", "from 1 to 100"),
        ("/api/frame?delayed=maybe", "delayed", "true or false"),
        ("/api/events?kinds=line,nothing", "kinds", "line,alert"),
        ("/api/status?room=" + "x" * 300, "room", "such as"),
        ("/api/settings?room=%00", "room", "such as"),
    ],
)
async def test_a_wrong_parameter_is_named_with_its_range(
    client: Client, feeds: ScriptedFeeds, path: str, field: str, allowed: str
) -> None:
    body = await refusal(client, path)
    assert (body["status"], body["field"]) == (400, field)
    assert allowed in body["allowed"]
    assert field in body["error"]
    assert not feeds.watchers


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"NaN", 400),
        (b"[" * 10_000, 400),
        (b"[]", 422),
        (b'{"text": ""}', 400),
        (b'{"name": "Ann"}', 400),
        (b'{"text": "a", "name": "a\\nb"}', 400),
        (b'{"text": 7}', 400),
        (b'{"text": "a", "txt": "b"}', 400),
        (b'{"text": "' + b"x" * 20_000 + b'"}', 413),
    ],
)
async def test_a_wrong_body_is_refused_in_one_line(
    client: Client, feeds: ScriptedFeeds, body: bytes, status: int
) -> None:
    assert (await refusal(client, "/api/ask", "POST", data=body))["status"] == status
    assert not feeds.watchers


@pytest.mark.parametrize("path", [*ENDLESS, "/api/frame", "/api/status", "/health"])
async def test_head_and_options_behave(client: Client, feeds: ScriptedFeeds, path: str) -> None:
    head = await client.head(path)
    assert (head.status, await head.read()) == (200, b"")
    options = await client.options(path)
    assert (options.status, options.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
    wrong = await client.put(path)
    assert wrong.status == 405
    assert not feeds.rooms


# how things are


async def test_status_opens_no_room_and_tells_of_one_that_is_open(
    client: Client, feeds: ScriptedFeeds
) -> None:
    status = await (await ok(client, "/api/status")).json()
    assert (status["watched"], status["capture_healthy"], status["engine"]) == (False, None, None)
    assert status["versions"]["pressbox"] == "1.2.3"
    assert not feeds.watchers
    watching = await ok(client, "/api/events?room=b")
    feeds.rooms["b"].status = {"capture": "lost", "engine": "down", "delay": 3.5}
    status = await (await ok(client, "/api/status?room=b")).json()
    assert (status["watched"], status["capture_healthy"], status["engine"]) == (True, False, "down")
    assert (status["delay"], status["viewers"]["events"]) == (3.5, 1)
    assert (status["voice"], status["sync"]) == ("on", True)
    watching.close()


async def test_choices_have_the_profiles_of_ones_own_as_they_are_now_and_no_prompts(
    client: Client, tmp_path: Path
) -> None:
    profiles.use(tmp_path)
    try:
        text = 'about: Mine.\nprompt: A secret persona.\nquestions: ["Which bird?"]\nlanguage: de\n'
        (tmp_path / "mine.yaml").write_text(text)
        answer = await ok(client, "/api/choices")
    finally:
        profiles.use(None)
    assert "secret persona" not in await answer.text()
    found = await answer.json()
    (mine,) = [one for one in found["profiles"] if one["name"] == "mine"]
    assert (mine["about"], mine["preset"], mine["language"]) == ("Mine.", "default", "de")
    assert mine["questions"] == ["Which bird?"]
    assert all(3 <= len(one["questions"]) <= 4 for one in found["profiles"] if one != mine)
    assert {one["name"] for one in found["presets"]} >= {"default", "calm"}


async def test_a_server_that_stops_does_not_wait_for_those_who_watch(feeds: ScriptedFeeds) -> None:
    app = Application()
    Api(feeds, "1", lambda _: {"room": DEFAULT}).install(app)
    server = TestServer(app)
    async with TestClient(server) as client:
        answers = [await ok(client, path) for path in ENDLESS]
        async with asyncio.timeout(5):
            await server.close()
        assert not feeds.rooms
        for answer in answers:
            answer.close()
