"""Sources that send by themselves, by UDP, RTP and SRT; and files, which lead to no other."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from config.source_address import parse
from ingress.reader.egress_policy import EgressPolicy
from ingress.reader.failures import SourceFailure
from ingress.reader.messages import Failed, Message, Note, Opened, Request, Unit
from ingress.reader.udp import UdpFile, _in_rtp, described, listening
from tests.support.clips import film
from tests.support.ports import free_port
from tests.unit.ingress.reader.films import Read, messages

RTP = b"\x80\x21\0\1\0\0\0\0abcd"

SDP = """v=0
o=- 0 0 IN IP4 10.0.0.7
c=IN IP4 {host}
t=0 0
m=audio 6000 RTP/AVP 0
m=video {port} RTP/AVP 33
a=rtpmap:33 MP2T/90000
"""


Send = Callable[[bytes], object]


def sent(send: Send, data: bytes, head: bytes = b"") -> None:
    """All of it at once, in packets."""
    for begin in range(0, len(data), 1316):
        send(head + data[begin : begin + 1316])


def heard(
    request: Request, port: int, speak: Callable[[Send], None], pictures: int = 10
) -> list[Message]:
    """What is said when somebody begins to send, again and again, as soon as the source listens."""
    said: list[Message] = []
    over = threading.Event()

    def run() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            while not over.wait(0.2):
                speak(lambda data: sender.sendto(data, ("127.0.0.1", port)))

    speaker = threading.Thread(target=run, name="sender")
    try:
        for message in messages(request):
            said.append(message)
            if isinstance(message, Note) and message.listening and not speaker.is_alive():
                speaker.start()
            if sum(isinstance(one, Unit) for one in said) == pictures:
                break
    finally:
        over.set()
        speaker.join(10)
    return said


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A second of MPEG-TS."""
    return film(tmp_path_factory.mktemp("ts") / "a.ts", seconds=1.2).read_bytes()


@pytest.mark.parametrize(("scheme", "head"), [("udp", b""), ("rtp", RTP), ("udp", RTP)])
def test_who_sends_after_a_while_is_heard(stream: bytes, scheme: str, head: bytes) -> None:
    port = free_port()
    said = heard(Request(f"{scheme}://@:{port}"), port, lambda send: sent(send, stream, head))
    first, opened = said[0], next(one for one in said if isinstance(one, Opened))
    assert isinstance(first, Note)
    assert str(port) in first.remark
    assert opened.codec == "h264"
    assert sum(isinstance(one, Unit) for one in said) == 10


def test_the_first_to_send_is_heard_and_no_other() -> None:
    port = free_port()
    with contextlib.ExitStack() as held:
        kind = (socket.AF_INET, socket.SOCK_DGRAM)
        first, other = (held.enter_context(socket.socket(*kind)) for _ in range(2))

        def send(remark: str, *, listening: bool) -> None:
            for sender, data in ((first, b"G1"), (other, b"G2"), (first, b"G3")):
                sender.sendto(data, ("127.0.0.1", port))

        file = held.enter_context(contextlib.closing(UdpFile(parse(f"udp://:{port}"), None, send)))
        assert [file.read(100), file.read(1), file.read(100)] == [b"G1", b"G", b"3"]


def test_rtp_without_a_description_is_named_as_that() -> None:
    port = free_port()
    said = heard(Request(f"rtp://@:{port}"), port, lambda send: sent(send, b"\x80\x60" + bytes(50)))
    failed = said[-1]
    assert isinstance(failed, Failed)
    assert (failed.kind, "SDP" in failed.text) == ("codec", True)


def test_a_description_is_listened_to(tmp_path: Path, stream: bytes) -> None:
    port, path = free_port() & ~1, tmp_path / "a.sdp"  # the reports go to the next one
    path.write_text(SDP.format(host="10.0.0.9/127", port=port))

    said = heard(Request(str(path)), port, lambda send: sent(send, stream, RTP), pictures=1)
    assert any(isinstance(one, Opened) for one in said)


@pytest.mark.parametrize(
    ("host", "given", "place"),
    [
        ("10.0.0.9", "c=IN IP4 0.0.0.0\n", ""),
        ("127.0.0.1/9", "c=IN IP4 0.0.0.0/9\n", ""),
        ("239.1.2.3/4", "c=IN IP4 239.1.2.3/4\n", "239.1.2.3"),
    ],
)
def test_a_description_sends_nobody_our_reports(host: str, given: str, place: str) -> None:
    text, where = described(parse("/a.sdp"), SDP.format(host=host, port=5004))
    assert given in text
    assert (where.host, where.port) == (place, 5004)


def test_a_group_is_joined_from_the_page_only_where_it_is_listed() -> None:
    port = free_port()
    address = parse(f"udp://@239.255.42.42:{port}")
    with pytest.raises(SourceFailure) as raised:
        listening(address, EgressPolicy(["10.0.0.0/8"]))
    assert raised.value.kind == "forbidden"
    listening(address, EgressPolicy(["239.255.0.0/16"])).close()
    listening(parse(f"udp://@:{port}"), EgressPolicy()).close()  # to listen is no egress


@given(some.binary(max_size=80), some.text(max_size=200))
def test_whatever_is_sent_and_described_is_taken_or_refused(data: bytes, text: str) -> None:
    assert len(_in_rtp(data)) <= max(0, len(data) - 12)
    with contextlib.suppress(SourceFailure):
        described(parse("/a.sdp"), text + "\nc=IN IP4 10.0.0.1\nm=video 1 RTP")


@pytest.mark.parametrize("name", ["x.m3u8", "x.mp4", "x.mpd", "x.ffconcat", "x.pls"])
def test_a_file_leads_to_no_other(tmp_path: Path, name: str) -> None:
    private = film(tmp_path / "private.ts", seconds=1.0)
    folder = tmp_path / "media"
    folder.mkdir()
    lists = {
        "x.mpd": f'<?xml version="1.0"?><MPD><Period><BaseURL>{private}</BaseURL></Period></MPD>',
        "x.ffconcat": f"ffconcat version 1.0\nfile {private}\n",
        "x.pls": f"[playlist]\nFile1={private}\n",
    }
    hls = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{private}\n#EXT-X-ENDLIST\n"
    (folder / name).write_text(lists.get(name, hls))
    read = Read(folder / name)
    assert (read.failed.kind, read.units) == ("protocol", [])
