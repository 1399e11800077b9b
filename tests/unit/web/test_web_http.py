"""The HTTP API, spoken to over loopback, with feeds that are unkind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientResponse, DummyCookieJar
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from tests.support.scripted_feed import DEFAULT, ScriptedFeed, ScriptedFeeds, picture
from web.feed import CallError
from web.http import calls, events, mjpeg, viewers
from web.http.api import Api
from web.http.sound import wav_head

Client = TestClient[Request, Application]
BROWSER = {"User-Agent": "Mozilla/5.0 (X11) Firefox/145.0"}
ENDLESS = ["/api/mjpeg", "/api/audio-stream", "/api/audio-stream.wav", "/api/events"]


@pytest.fixture
def feeds() -> ScriptedFeeds:
    return ScriptedFeeds(lambda feed: feed.pictures.push(picture(), 1.5))


@pytest.fixture
async def client(feeds: ScriptedFeeds) -> AsyncIterator[Client]:
    app = Application()
    Api(feeds, "1.2.3", lambda _: {"room": DEFAULT}).install(app)
    async with TestClient(TestServer(app), cookie_jar=DummyCookieJar()) as opened:
        yield opened


async def ok(client: Client, path: str, **more: Any) -> ClientResponse:
    answer = await client.get(path, **more)
    assert answer.status == 200, await answer.text()
    return answer


async def refusal(client: Client, path: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    answer = await client.request(method, path, **more)
    body: dict[str, Any] = await answer.json()
    assert "\n" not in body["error"]
    return {"status": answer.status, **body}


async def gone(feeds: ScriptedFeeds) -> None:
    """Until nobody watches any more."""
    async with asyncio.timeout(5):
        while feeds.rooms:
            await asyncio.sleep(0.01)


async def part(answer: ClientResponse) -> tuple[dict[str, str], bytes]:
    """The next part of a multipart answer, which is whole only with the boundary after it."""
    head = (await answer.content.readuntil(b"\r\n\r\n")).decode()
    headers = dict(line.split(": ") for line in head.splitlines() if ": " in line)
    data = await answer.content.readexactly(int(headers["Content-Length"]))
    assert await answer.content.readuntil(b"--frame\r\n") == b"\r\n--frame\r\n"
    return headers, data


async def event(answer: ClientResponse) -> dict[str, str]:
    """The next event, or the comment in its place."""
    text = (await answer.content.readuntil(b"\n\n")).decode()
    return dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)


# pictures


async def test_each_part_of_mjpeg_is_whole_at_once_and_says_when_it_was_taken(
    client: Client, feeds: ScriptedFeeds
) -> None:
    answer = await ok(client, "/api/mjpeg?width=32&fps=50")
    assert answer.headers["Content-Type"] == "multipart/x-mixed-replace; boundary=frame"
    await answer.content.readuntil(b"--frame\r\n")
    headers, data = await part(answer)
    assert headers["X-Timestamp"] == "1.500000"
    assert (data[:2], data[-2:]) == (b"\xff\xd8", b"\xff\xd9")
    feeds.rooms[DEFAULT].pictures.push(picture(), 2.5)
    assert (await part(answer))[0]["X-Timestamp"] == "2.500000"
    answer.close()
    await gone(feeds)


async def test_fps_is_kept_to_on_average(client: Client, feeds: ScriptedFeeds) -> None:
    answer = await ok(client, "/api/mjpeg?fps=20")
    await answer.content.readuntil(b"--frame\r\n")
    pushed, begun = 0, asyncio.get_running_loop().time()
    task = asyncio.create_task(_push(feeds))
    for _ in range(11):
        await part(answer)
    assert asyncio.get_running_loop().time() - begun > 0.49, "it was faster than asked for"
    pushed = feeds.rooms[DEFAULT].pictures.count
    assert pushed <= 13, "more was encoded than anybody wanted"
    task.cancel()
    answer.close()
    await gone(feeds)


async def _push(feeds: ScriptedFeeds) -> None:
    while True:
        feeds.rooms[DEFAULT].pictures.push(picture(), 1.0)
        await asyncio.sleep(0.005)


async def test_without_new_pictures_the_last_one_comes_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mjpeg, "AGAIN_AFTER", 0.01)
    answer = await ok(client, "/api/mjpeg")
    await answer.content.readuntil(b"--frame\r\n")
    assert await part(answer) == await part(answer)
    answer.close()


async def test_frame_is_live_or_what_is_on_display(client: Client, feeds: ScriptedFeeds) -> None:
    live = await ok(client, "/api/frame?quality=10")
    assert "X-Timestamp" not in live.headers
    assert live.headers["Cache-Control"] == "no-store"
    shown = await ok(client, "/api/frame?delayed=1")
    assert shown.headers["X-Timestamp"] == "1.500000"
    assert (await shown.read())[:2] == b"\xff\xd8"
    assert feeds.watchers == {DEFAULT: 0}


async def test_where_nothing_is_shown_that_is_said(
    client: Client, feeds: ScriptedFeeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mjpeg, "FIRST_TIMEOUT", 0.01)
    feeds.fill = lambda feed: feed.silent.add("live")
    assert (await refusal(client, "/api/mjpeg"))["status"] == 503
    assert (await refusal(client, "/api/frame?delayed=1"))["status"] == 503
    assert (await refusal(client, "/api/frame"))["status"] == 504


async def test_one_size_too_many_is_refused_with_those_that_can_be_had(client: Client) -> None:
    opened = [await ok(client, f"/api/mjpeg?width={width}") for width in range(20, 26)]
    body = await refusal(client, "/api/mjpeg?width=99")
    assert (body["status"], body["field"]) == (429, "width")
    assert "20x3840" in body["error"]
    for answer in opened:
        answer.close()


# sound


async def test_the_sound_says_its_format(client: Client, feeds: ScriptedFeeds) -> None:
    raw = await ok(client, "/api/audio-stream")
    assert raw.headers["X-Audio-Format"] == "s16le"
    assert raw.headers["X-Audio-Sample-Rate"] == "48000"
    assert raw.headers["X-Audio-Channels"] == "1"
    assert not any(await raw.content.readexactly(4_000))
    wav = await ok(client, "/api/audio-stream.wav")
    assert wav.headers["Content-Type"] == "audio/wav"
    assert await wav.content.readexactly(44) == wav_head()
    raw.close()
    wav.close()
    await gone(feeds)


# events


async def test_events_have_ids_and_who_comes_back_misses_none(
    client: Client, feeds: ScriptedFeeds
) -> None:
    answer, other = await ok(client, "/api/events"), await ok(client, "/api/events")
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert (await event(answer))["retry"].isdecimal()
    first = await event(answer)
    assert (first["event"], json.loads(first["data"])["engine"]) == ("status", "up")
    assert "id" not in first
    fan = feeds.rooms[DEFAULT].events
    fan.put("line", {"text": "one\ntwo"})
    line = await event(answer)
    assert (line["event"], json.loads(line["data"])) == ("line", {"text": "one\ntwo"})
    answer.close()
    fan.put("line", {"text": "three"})
    for path, headers in (
        ("/api/events?kinds=line", {"Last-Event-ID": line["id"]}),
        (f"/api/events?kinds=line&last_event_id={line['id']}", {}),
    ):
        again = await ok(client, path, headers=headers)
        await event(again)
        assert json.loads((await event(again))["data"]) == {"text": "three"}
        again.close()
    other.close()


async def test_only_the_kinds_that_were_asked_for_come_and_a_heartbeat(
    client: Client, feeds: ScriptedFeeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = await ok(client, "/api/events?kinds=alert,words")
    await event(answer)
    for kind in ("line", "status", "alert"):
        feeds.rooms[DEFAULT].events.put(kind, {})
    assert (await event(answer))["event"] == "alert"
    monkeypatch.setattr(events, "HEARTBEAT", 0.01)
    feeds.rooms[DEFAULT].events.put("words", {})
    await event(answer)
    assert await answer.content.readuntil(b"\n\n") == b":\n\n"
    answer.close()


# calls


async def test_a_question_gets_its_id_or_its_answer(client: Client, feeds: ScriptedFeeds) -> None:
    answer = await client.post("/api/ask", json={"text": "Who?", "name": "Ann"})
    assert (answer.status, await answer.json()) == (202, {"id": "q1", "position": 1})
    seen: list[list[tuple[str, str, str]]] = []
    feeds.fill = lambda feed: seen.append(feed.calls)
    answer = await client.post("/api/ask?wait=1&room=b", json={"text": "Who?", "name": "Ann"})
    assert (answer.status, (await answer.json())["text"]) == (200, "A cat.")
    (((method, payload, name),),) = seen
    assert (method, name) == ("pressbox.ask", "Ann")
    assert json.loads(payload).items() >= {"text": "Who?", "wait": True}.items()


async def test_settings_and_rules_are_the_booths(client: Client) -> None:
    assert (await (await ok(client, "/api/settings")).json())["delay"] == "auto"
    answer = await client.post("/api/settings", json={"delay": 4})
    assert (await answer.json())["delay"] == 4
    answer = await client.post("/api/rules", json={"add": {"name": "gate", "when": "it opens"}})
    assert (await answer.json())["rules"][0]["name"] == "gate"
    assert await (await ok(client, "/api/rules")).json() == {"rules": []}, "another feed"
    assert (await refusal(client, "/api/rules", "POST", json={"remove": "gate"}))["status"] == 400


async def test_a_note_is_told_to_the_booth(client: Client) -> None:
    answer = await client.post("/api/note", json={"text": "battery at 12 %", "seconds": 30})
    assert await answer.json() == {"text": "battery at 12 %"}
    wrong = await refusal(client, "/api/note", "POST", json={"text": "low", "seconds": 0})
    assert (wrong["status"], wrong["field"]) == (400, "seconds")


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


async def test_what_fails_here_is_a_line_and_no_traceback(
    client: Client, feeds: ScriptedFeeds
) -> None:
    feeds.fill = _broken
    body = await refusal(client, "/api/settings")
    assert body["status"] == 500
    assert "Zero" not in body["error"]


def _broken(_: ScriptedFeed) -> None:
    raise ZeroDivisionError


# clients that are unkind


async def test_who_does_not_read_is_let_go_and_nobody_waits(
    client: Client, feeds: ScriptedFeeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewers, "WRITE_TIMEOUT", 0.2)
    reader, writer = await asyncio.open_connection(client.host, client.port, limit=1024)
    writer.write(b"GET /api/events?room=stalled HTTP/1.1\r\nHost: x\r\n\r\n")
    await reader.readline()
    other = await ok(client, "/api/events?room=stalled&kinds=line")
    await event(other)
    fan = feeds.rooms["stalled"].events
    sent = 0
    while fan.viewers == 2:
        fan.put("line", {"text": "x" * 100_000})
        sent += 1
        await event(other)
        await asyncio.sleep(0.01)
        assert sent < 500, "it grows without end"
    fan.put("alert", {})
    fan.put("line", {"text": "on"})
    assert "on" in (await event(other))["data"]
    writer.close()
    other.close()


@pytest.mark.parametrize("path", ENDLESS)
async def test_who_vanishes_leaves_nothing_behind(
    client: Client, feeds: ScriptedFeeds, path: str
) -> None:
    for _ in range(50):
        answers = [await ok(client, path) for _ in range(4)]
        for answer in answers:
            answer.close()
    await gone(feeds)
    status = await (await ok(client, "/api/status")).json()
    assert status["viewers"] == {"picture": 0, "sound": 0, "events": 0}


async def test_one_browser_keeps_a_connection_free_and_others_are_not_counted(
    client: Client, feeds: ScriptedFeeds
) -> None:
    first = await ok(client, "/api/mjpeg", headers=BROWSER)
    name = first.cookies[viewers.COOKIE]
    assert name["httponly"]
    cookies = {**BROWSER, "Cookie": f"{viewers.COOKIE}={name.value}"}
    more = [await ok(client, path, headers=cookies) for path in ENDLESS]
    assert not any(viewers.COOKIE in answer.cookies for answer in more)
    body = await refusal(client, "/api/events", headers=cookies)
    assert body["status"] == 429
    assert "1 of events, 2 of picture, 2 of sound" in body["error"]
    others = [
        await ok(client, "/api/events", headers=headers)
        for headers in (
            BROWSER,
            {"User-Agent": "VLC/3.0"},
            {**cookies, "X-Forwarded-Proto": "https"},
        )
    ]
    first.close()
    async with asyncio.timeout(5):
        while (again := await client.get("/api/events", headers=cookies)).status == 429:
            await asyncio.sleep(0.01)
    assert again.status == 200
    for answer in (again, *more, *others):
        answer.close()


async def test_the_server_is_full_at_some_point(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewers, "MOST", 1)
    answer = await ok(client, "/api/events")
    assert (await refusal(client, "/api/events"))["status"] == 503
    assert (await client.get("/health")).status == 200
    answer.close()


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
    watching.close()


async def test_metrics_count(client: Client, feeds: ScriptedFeeds) -> None:
    watching = await ok(client, "/api/mjpeg")
    await client.get("/api/nothing")
    feeds.rooms[DEFAULT].events.put("line", {})
    text = await (await ok(client, "/metrics")).text()
    assert 'pressbox_web_viewers{kind="picture"} 1.0' in text
    assert "pressbox_web_feeds 1.0" in text
    assert 'pressbox_web_pictures_total{room="lobby"} 1.0' in text
    assert 'pressbox_web_events_total{room="lobby"} 1.0' in text
    assert 'pressbox_web_requests_total{method="GET",route="none",status="404"} 1.0' in text
    watching.close()


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
