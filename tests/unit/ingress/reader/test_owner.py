"""The pipe between a reader and its owner, as the reader sees it."""

from __future__ import annotations

import fcntl
import resource
import socket
import threading
from collections.abc import Iterator

import pytest

from ingress.reader import owner
from ingress.reader.failures import SourceFailure
from ingress.reader.messages import Failed, Order, Request, encode, read
from ingress.reader.owner import GoneError, Owner

PATIENCE = 10.0


class Ends:
    """A reader's end, and the owner's."""

    def __init__(self) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.ours.settimeout(PATIENCE)
        self.said = self.ours.makefile("rb")
        self.left = threading.Event()
        self.owner = Owner(self.theirs, leave=self.left.set)

    def say(self, message: Request | Order) -> None:
        self.ours.sendall(b"".join(encode(message)))

    def hear(self) -> object:
        return read(self.said)


@pytest.fixture
def ends() -> Iterator[Ends]:
    made = Ends()
    yield made
    made.said.close()
    made.ours.close()
    if made.owner.listening:
        assert made.left.wait(PATIENCE)
    made.theirs.close()


def test_a_service_with_many_sources_has_high_descriptors() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    ours, theirs = socket.socketpair()
    with ours, theirs, socket.socket(fileno=fcntl.fcntl(theirs, fcntl.F_DUPFD, 1100)) as high:
        ours.sendall(b"".join(encode(Request("rtsp://camera/"))))
        assert Owner(high).request().url == "rtsp://camera/"
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_request_comes_first_and_orders_are_put_together(ends: Ends) -> None:
    ends.say(Request("rtsp://camera/", mode="transcode", networks=("10.0.0.0/8",)))
    request = ends.owner.request()
    assert request.url == "rtsp://camera/"
    assert ends.owner.take() == Order()
    ends.owner.listen()
    for order in (Order(bitrate=5), Order(key=True), Order(bitrate=7), Order(bitrate=0)):
        ends.say(order)
    ends.say(Order(bitrate=9))
    taken = [ends.owner.take()]
    while taken[-1].bitrate != 9:
        taken.append(ends.owner.take())
    assert any(order.key for order in taken)
    assert ends.owner.take() == Order()


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"GET / HTTP/1.1\r\n\r\n" * 9, b"\xff" * 99),
        *(b"".join(encode(Order())), b"".join(encode(Request("rtsp://camera/")))[:-1]),
    ],
)
def test_an_owner_that_asks_for_nothing_is_gone(ends: Ends, data: bytes) -> None:
    ends.ours.sendall(data)
    ends.ours.shutdown(socket.SHUT_WR)
    with pytest.raises(GoneError):
        ends.owner.request()


def test_a_lost_owner_ends_the_reader(ends: Ends) -> None:
    ends.owner.listen()
    ends.ours.shutdown(socket.SHUT_RDWR)
    assert ends.left.wait(PATIENCE)
    with pytest.raises(GoneError):
        ends.owner.take()
    with pytest.raises(GoneError):
        ends.owner.send(Failed("ended", ""))


def test_what_hangs_is_ended_with_its_failure(ends: Ends) -> None:
    ends.owner.listen()
    with ends.owner.deadline(0.0, SourceFailure("no_answer", "it hangs")):
        assert ends.hear() == Failed("no_answer", "it hangs")
        assert ends.left.wait(PATIENCE)


def test_who_takes_too_much_memory_is_over_with_one_line(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, "MEMORY", 1)
    ends.owner.listen()
    failed = ends.hear()
    assert isinstance(failed, Failed)
    assert "memory" in failed.text
    assert ends.left.wait(PATIENCE)
