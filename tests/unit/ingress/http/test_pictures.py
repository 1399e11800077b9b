"""Streams of pictures and snapshots, from a server on loopback."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterable, Iterator

import pytest

from ingress.reader.failures import SourceFailure
from ingress.reader.http import HttpSource, Jpeg, open_source, pictures
from tests.unit.ingress.http.conftest import Serve
from tests.unit.ingress.http.pictures import picture
from tests.unit.ingress.http.server import CLOSE, Asked, endless, reply

MULTIPART = "multipart/x-mixed-replace; boundary=--frame"


def part(number: int) -> bytes:
    return b"--frame\r\nContent-Type: image/jpeg\r\n\r\n" + picture(number) + b"\r\n"


def _end(source: HttpSource) -> SourceFailure:
    with source, pytest.raises(SourceFailure) as raised:
        for _ in source.pictures():
            pass
    return raised.value


@pytest.mark.parametrize("newest", [True, False])
def test_each_picture_comes_when_it_is_sent(serve: Serve, newest: bool) -> None:
    taken = threading.Semaphore(0)

    def answer(asked: Asked) -> Iterator[bytes]:
        yield endless(MULTIPART, "Content-Length: 5")
        for number in range(5):
            yield part(number)
            taken.acquire(timeout=10)
        yield CLOSE

    server = serve(answer)
    with open_source(server.url("/video?token=sekrit")) as source:
        assert source.what == "mjpeg"
        found: list[bytes] = []
        with pytest.raises(SourceFailure) as raised:
            _take(source.pictures(newest=newest), found, taken)
    assert found == [picture(number) for number in range(5)]
    assert (raised.value.kind, "sekrit" in str(raised.value)) == ("ended", False)


def _take(stream: Iterator[Jpeg], found: list[bytes], taken: threading.Semaphore) -> None:
    for one in stream:
        found.append(one.data)
        taken.release()


def test_who_is_slow_gets_the_newest(serve: Serve) -> None:
    sent, first = threading.Event(), threading.Event()

    def answer(asked: Asked) -> Iterator[bytes]:
        yield endless(MULTIPART)
        yield part(0)
        first.wait(10)
        for number in range(1, 40):
            yield part(number)
        sent.set()
        first.clear()
        first.wait(10)
        yield CLOSE

    server = serve(answer)
    with open_source(server.url()) as source:
        stream = source.pictures()
        assert next(stream).data == picture(0)
        first.set()
        assert sent.wait(10)
        assert next(stream).data == picture(39)
        first.set()
        with pytest.raises(SourceFailure):
            next(stream)


def test_who_is_slow_may_have_them_all(serve: Serve) -> None:
    server = serve(lambda asked: [endless(MULTIPART), *map(part, range(40)), CLOSE])
    with open_source(server.url()) as source:
        found = [one.data for one in itertools.islice(source.pictures(newest=False), 40)]
    assert found == [picture(number) for number in range(40)]


def test_a_server_that_sends_without_pause_cannot_hold_the_pictures_back(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "_DRAINED_AT_ONCE", 100_000)
    over = threading.Event()

    def answer(asked: Asked) -> Iterator[bytes]:
        yield endless(MULTIPART)
        for number in itertools.count():
            if over.is_set():
                return
            yield part(number % 5)

    server = serve(answer)
    with open_source(server.url()) as source:
        assert len(list(itertools.islice(source.pictures(), 10))) == 10
    over.set()


@pytest.mark.parametrize(
    "kind",
    [
        "application/octet-stream",
        "video/x-motion-jpeg",
        "image/jpeg",
        "a/b",
        "MULTIPART/MIXED",
    ],
)
def test_pictures_one_after_the_other(serve: Serve, kind: str) -> None:
    def answer(asked: Asked) -> Iterable[bytes]:
        return [endless(kind), *map(picture, range(5)), CLOSE]

    server = serve(answer)
    with open_source(server.url()) as source:
        found = [one.data for one in itertools.islice(source.pictures(newest=False), 5)]
    assert found == [picture(number) for number in range(5)]


def test_a_stream_without_a_type(serve: Serve) -> None:
    head = b"HTTP/1.0 200 OK\r\n\r\n"
    server = serve(lambda asked: [head, *map(part, range(3)), CLOSE])
    with open_source(server.url()) as source:
        found = [one.data for one in itertools.islice(source.pictures(newest=False), 3)]
    assert found == [picture(number) for number in range(3)]


def test_a_stream_without_a_head(serve: Serve) -> None:
    server = serve(lambda asked: [*map(part, range(3)), CLOSE])
    with open_source(server.url()) as source:
        found = [one.data for one in itertools.islice(source.pictures(newest=False), 3)]
    assert found == [picture(number) for number in range(3)]


def test_chunks_may_end_anywhere(serve: Serve) -> None:
    body = b"".join(map(part, range(3)))

    def answer(asked: Asked) -> Iterator[bytes]:
        yield endless(MULTIPART, "Transfer-Encoding: chunked")
        for at in range(0, len(body), 777):
            piece = body[at : at + 777]
            yield f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
        yield b"0\r\n\r\n"

    server = serve(answer)
    with open_source(server.url()) as source:
        found = [one.data for one in itertools.islice(source.pictures(newest=False), 3)]
    assert found == [picture(number) for number in range(3)]


def test_a_snapshot_is_asked_again(serve: Serve) -> None:
    count = itertools.count()
    server = serve(lambda asked: reply(picture(next(count) // 2), kind="image/jpeg"))
    with open_source(server.url("/snap.jpg?token=sekrit")) as source:
        assert source.what == "snapshot"
        found = list(itertools.islice(source.pictures(rate=200), 6))
    assert [one.data for one in found] == [picture(number // 2) for number in range(6)]
    assert [one.changed for one in found] == [True, False] * 3
    assert server.connections == 1


def test_a_snapshot_is_sent_once_while_it_is_the_same(serve: Serve) -> None:
    def answer(asked: Asked) -> Iterable[bytes]:
        if asked.headers.get("if-none-match") == '"a"':
            return reply(status="304 Not Modified", kind="image/jpeg")
        return reply(picture(1), 'ETag: "a"', kind="image/jpeg")

    server = serve(answer)
    with open_source(server.url("/snap.jpg")) as source:
        found = list(itertools.islice(source.pictures(rate=200), 3))
    assert [one.data for one in found] == [picture(1)] * 3
    assert [one.changed for one in found] == [True, False, False]


def test_a_snapshot_that_does_not_say_how_long_it_is(serve: Serve) -> None:
    count = itertools.count()
    server = serve(lambda asked: [endless("image/jpeg"), picture(next(count)), CLOSE])
    with open_source(server.url("/snap.jpg")) as source:
        found = list(itertools.islice(source.pictures(rate=200), 4))
    assert [one.data for one in found] == [picture(number) for number in range(4)]


def test_snapshots_come_at_the_rate_that_was_asked_for(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    waits = []

    def sleep(seconds: float) -> None:
        nonlocal now
        waits.append(seconds)
        now += seconds

    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(time, "sleep", sleep)
    server = serve(lambda asked: reply(picture(1), kind="image/jpeg"))
    with open_source(server.url("/snap.jpg")) as source:
        list(itertools.islice(source.pictures(rate=5), 6))
    assert waits == pytest.approx([0.2] * 5)


def test_what_is_no_picture(serve: Serve) -> None:
    server = serve(lambda asked: reply(b"not one", kind="image/jpeg"))
    assert _end(open_source(server.url())).kind == "codec"
    server = serve(lambda asked: [endless(MULTIPART), *[b"nothing " * 8192] * 32])
    assert _end(open_source(server.url())).kind == "codec"
    server = serve(lambda asked: reply(b"<html>log in</html>", kind="text/html"))
    with pytest.raises(SourceFailure) as raised:
        open_source(server.url("/?token=sekrit"))
    assert raised.value.kind == "protocol"
    assert "sekrit" not in str(raised.value)


def test_a_picture_that_never_gets_done(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "PICTURE_TIMEOUT", 0.3)
    over = threading.Event()

    def answer(asked: Asked) -> Iterator[bytes]:
        yield endless(MULTIPART) + part(0)[:-500]
        while not over.wait(0.02):
            yield b"x"

    server = serve(answer)
    assert _end(open_source(server.url("/?token=sekrit"))).kind == "no_answer"
    over.set()


def test_silence_in_the_middle(serve: Serve) -> None:
    over = threading.Event()

    def answer(asked: Asked) -> Iterator[bytes]:
        yield endless(MULTIPART) + part(0)
        over.wait(10)

    server = serve(answer)
    failure = _end(open_source(server.url("/?token=sekrit"), timeout=0.2))
    over.set()
    assert failure.kind == "no_answer"
    assert "sekrit" not in str(failure)
