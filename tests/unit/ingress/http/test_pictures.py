"""Streams of pictures and snapshots, from a server on loopback."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import pairwise

import pytest

from config.source_address import parse
from ingress.reader.failures import SourceFailure
from ingress.reader.http import pictures
from ingress.reader.http.source import Jpegs, open_http
from ingress.reader.messages import Request
from tests.unit.ingress.http.conftest import Serve
from tests.unit.ingress.http.pictures import picture
from tests.unit.ingress.http.server import CLOSE, Answer, Asked, endless, reply

MULTIPART = "multipart/x-mixed-replace; boundary=--frame"
RATE = 200.0


def part(number: int) -> bytes:
    return b"--frame\r\nContent-Type: image/jpeg\r\n\r\n" + picture(number) + b"\r\n"


def opened(url: str, rate: float = RATE, waits: Callable[[str], object] = str) -> Jpegs:
    found = open_http(Request(url, snapshot_rate=rate), parse(url), None, waits)
    assert isinstance(found, Jpegs)
    return found


def taken(source: Jpegs, count: int) -> list[bytes]:
    with closing(source):
        return list(itertools.islice(source.pictures(), count))


def end(source: Jpegs) -> SourceFailure:
    with pytest.raises(SourceFailure) as raised:
        taken(source, 1000)
    assert "sekrit" not in str(raised.value)
    return raised.value


def in_step(pieces: Iterable[bytes], first: bytes = b"") -> tuple[Answer, threading.Semaphore]:
    """Sends one piece for each time that it is let."""
    let = threading.Semaphore(0)

    def answer(asked: Asked) -> Iterator[bytes]:
        yield first or endless(MULTIPART, "Content-Length: 5")
        for piece in pieces:
            yield piece
            let.acquire(timeout=10)
        yield CLOSE

    return answer, let


PARTS = [part(number) for number in range(4)]
BARE = [picture(number) for number in range(4)]


@pytest.mark.parametrize(
    ("first", "pieces"),
    [
        (b"", PARTS),
        (b"HTTP/1.0 200 OK\r\n\r\n", PARTS),
        (b"--frame\r\n\r\n", PARTS),
        *((endless(kind), BARE) for kind in ("application/octet-stream", "image/jpeg", "a/b")),
        (endless("video/x-motion-jpeg"), PARTS),
        (endless("MULTIPART/MIXED"), PARTS),
    ],
)
def test_each_picture_comes_when_it_is_sent(
    serve: Serve, first: bytes, pieces: list[bytes]
) -> None:
    answer, let = in_step(pieces, first)
    server = serve(answer)
    with closing(opened(server.url("/video?token=sekrit"))) as source:
        stream = source.pictures()
        for number in range(4):
            assert next(stream) == BARE[number]
            let.release()
        with pytest.raises(SourceFailure) as raised:
            next(stream)
    assert (raised.value.kind, "sekrit" in str(raised.value)) == ("ended", False)


def test_who_is_slow_gets_the_newest(serve: Serve) -> None:
    sent, first = threading.Event(), threading.Event()

    def answer(asked: Asked) -> Iterator[bytes]:
        yield endless(MULTIPART) + part(0)
        first.wait(10)
        yield from map(part, range(1, 40))
        sent.set()
        first.clear()
        first.wait(10)
        yield CLOSE

    server = serve(answer)
    with closing(opened(server.url())) as source:
        stream = source.pictures()
        assert next(stream) == picture(0)
        first.set()
        assert sent.wait(10)
        assert picture(39) in itertools.islice(stream, pictures._BURST)
        first.set()


def test_bursts_are_spread_and_nothing_comes_late() -> None:
    """VLC sends four pictures each quarter of a second."""
    even = pictures._Even()
    arrived = [burst / 4 for burst in range(20) for _ in range(4)]
    due = [even.due(now) for now in arrived]
    gaps = [after - before for before, after in pairwise(due)][40:]
    assert 0.04 < min(gaps) <= max(gaps) < 0.11
    assert all(0 <= shown - now <= 0.3 for shown, now in zip(due, arrived, strict=True))
    assert even.due(100.0) == 100.0


def test_a_server_that_sends_without_pause_cannot_hold_the_pictures_back(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "_DRAINING", 0.01)
    server = serve(lambda asked: (endless(MULTIPART), *map(part, range(5))) * 1000)
    assert len(taken(opened(server.url()), 10)) == 10


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time that does not pass unless somebody waits."""
    slept = list[float]()
    monkeypatch.setattr(time, "monotonic", lambda: 100.0 + sum(slept))
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


@pytest.mark.parametrize("has_length", [True, False])
def test_a_snapshot_is_asked_again(serve: Serve, has_length: bool) -> None:
    count = itertools.count()

    def answer(asked: Asked) -> Iterable[bytes]:
        data = picture(next(count))
        whole = reply(data, kind="image/jpeg")
        return whole if has_length else [endless("image/jpeg"), data, CLOSE]

    server = serve(answer)
    assert taken(opened(server.url("/snap.jpg?token=sekrit")), 4) == BARE


def test_a_snapshot_is_sent_once_while_it_is_the_same(serve: Serve) -> None:
    def answer(asked: Asked) -> Iterable[bytes]:
        if asked.headers.get("if-none-match") == '"a"':
            return reply(status="304 Not Modified", kind="image/jpeg")
        return reply(picture(1), 'ETag: "a"', kind="image/jpeg")

    server = serve(answer)
    assert taken(opened(server.url("/snap.jpg")), 3) == [picture(1)] * 3
    assert server.connections == 1


def test_snapshots_come_at_their_rate(serve: Serve, waits: list[float]) -> None:
    server = serve(lambda asked: reply(picture(1), kind="image/jpeg"))
    taken(opened(server.url("/snap.jpg"), rate=5), 6)
    assert waits == pytest.approx([0.2] * 5)


BUSY = reply(b"", "Retry-After: 7", status="503 Busy")
TORN = reply(picture(1)[:-200], kind="image/jpeg")
SHORT = [reply(picture(1), kind="image/jpeg")[0][:-200], CLOSE]
HTML = reply(b"<html>sekrit</html>", kind="text/html")


@pytest.mark.parametrize("bad", [BUSY, TORN, SHORT, HTML])
def test_a_bad_snapshot_now_and_then_is_no_outage(
    serve: Serve, waits: list[float], bad: list[bytes]
) -> None:
    """Every third and fourth; then each."""
    over = False

    def answer(asked: Asked) -> Iterable[bytes]:
        is_bad = over or len(server.asked) % 4 in (3, 0)
        return bad if is_bad else reply(picture(0), kind="image/jpeg")

    server = serve(answer)
    with closing(opened(server.url("/snap.jpg?token=sekrit"), rate=2)) as source:
        stream = source.pictures()
        assert {next(stream) for _ in range(9)} == {picture(0)}
        over = True
        with pytest.raises(SourceFailure) as raised:
            list(itertools.islice(stream, 100))
    assert "sekrit" not in str(raised.value)
    if bad is BUSY:
        assert sum(waits) > 7 * 2


def test_what_is_no_picture(serve: Serve) -> None:
    server = serve(lambda asked: reply(b"not one", kind="image/jpeg"))
    assert end(opened(server.url())).kind == "codec"
    server = serve(lambda asked: [endless(MULTIPART), *[b"nothing " * 8192] * 32])
    assert end(opened(server.url())).kind == "codec"
    server = serve(lambda asked: HTML)
    with pytest.raises(SourceFailure) as raised:
        opened(server.url("/?token=sekrit"))
    assert raised.value.kind == "protocol"
    assert "sekrit" not in str(raised.value)


def test_a_picture_that_never_gets_done(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingress.reader.http.client.READ_TIMEOUT", 0.3)
    over = threading.Event()

    def answer(asked: Asked) -> Iterator[bytes]:
        yield endless(MULTIPART) + part(0)[:-500]
        over.wait(10)

    server = serve(answer)
    assert end(opened(server.url("/?token=sekrit"))).kind == "no_answer"
    over.set()


@pytest.mark.parametrize("last", [part(0), CLOSE])
def test_a_server_may_answer_long_before_it_sends(serve: Serve, last: bytes) -> None:
    """As VLC does, until its next keyframe; or it hangs up."""
    told = list[str]()
    go_on = threading.Event()

    def answer(asked: Asked) -> Iterator[bytes]:
        yield endless(MULTIPART)
        go_on.wait(10)
        yield last

    def waits(remark: str) -> None:
        told.append(remark)
        go_on.set()

    server = serve(answer)
    if last is CLOSE:
        with pytest.raises(SourceFailure, match="strict"):
            opened(server.url(), waits=waits)
    else:
        with closing(opened(server.url(), waits=waits)) as source:
            assert next(source.pictures()) == picture(0)
    assert told
