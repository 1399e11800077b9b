"""Pictures, sound and events by HTTP, and clients of them that are unkind."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import ClientResponse

from tests.support.http_api import ENDLESS, Client, gone, ok, refusal
from tests.support.scripted_feed import DEFAULT, ScriptedFeeds, picture
from web.http import events, mjpeg, viewers
from web.http.sound import wav_head

BROWSER = {"User-Agent": "Mozilla/5.0 (X11) Firefox/145.0"}


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
        ("/api/events?kinds=line&last_event_id=x-1", {"Last-Event-ID": line["id"]}),
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
    beat = asyncio.create_task(answer.content.readuntil(b"\n\n"))
    async with asyncio.timeout(5):
        while not beat.done():  # what is not wanted is no sign of life
            feeds.rooms[DEFAULT].events.put("line", {})
            await asyncio.sleep(0.001)
    assert beat.result() == b":\n\n"
    answer.close()


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


async def test_an_answer_that_fails_midway_is_cut_off_and_not_mixed_with_another(
    client: Client, feeds: ScriptedFeeds
) -> None:
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(b"GET /api/mjpeg HTTP/1.1\r\nHost: x\r\n\r\n")
    await reader.readuntil(b"\r\n--frame\r\n")
    feeds.rooms[DEFAULT].pictures.push(None, 2.0)  # type: ignore[arg-type]
    async with asyncio.timeout(5):
        assert b"HTTP/1.1" not in await reader.read()
    writer.close()
    await gone(feeds)
