"""The way of guarded sources: through a forwarder to checked addresses, and nowhere else."""

from __future__ import annotations

import base64
import logging
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from config.source_address import SourceAddress, parse
from ingress.reader.failures import SourceFailure
from ingress.reader.reach import Reach
from ingress.reader.rtsp_guard import guarded
from tests.unit.ingress.http.certificates import self_signed

LOOPBACK = Reach(["127.0.0.1"])
PICTURES = 60

Serve = Callable[[socket.socket], None]


@contextmanager
def serving(serve: Serve, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server on loopback, one connection after the other; gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            try:
                taken, _ = listener.accept()
            except OSError:
                return
            with taken, suppress(OSError):
                taken.settimeout(10)
                if tls is None:
                    serve(taken)
                    continue
                with tls.wrap_socket(taken, server_side=True) as wrapped:
                    serve(wrapped)

    thread = threading.Thread(target=run, name="rtsp server")
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(15)
        assert not thread.is_alive()


def _units() -> list[list[bytes]]:
    """NAL units of some small pictures."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width = encoder.height = 64
    encoder.pix_fmt = "yuv420p"
    encoder.framerate = Fraction(25)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency"}
    pictures = []
    for number in range(PICTURES):
        grey = np.full((64, 64, 3), number, np.uint8)
        for packet in encoder.encode(av.VideoFrame.from_ndarray(grey, "rgb24")):
            parts = re.split(b"\0\0\0?\x01", bytes(packet))
            pictures.append([part for part in parts if part and part[0] & 31 != 6])
    return pictures


class Camera:
    """An RTSP server with one H.264 stream, interleaved. login: what it wants, "" for none."""

    def __init__(self, login: str = "") -> None:
        self._login = login
        self._pictures = _units()
        self.asked: list[str] = []

    def __call__(self, connected: socket.socket) -> None:
        held = b""
        while True:
            while b"\r\n\r\n" not in held:
                data = connected.recv(4096)
                if not data:
                    return
                held += data
            head, _, held = held.partition(b"\r\n\r\n")
            text = head.decode()
            self.asked.append(text)
            connected.sendall(self._reply(text))
            if text.startswith("PLAY"):
                self._play(connected)

    def _reply(self, asked: str) -> bytes:
        number = re.search(r"CSeq: (\d+)", asked)
        lines = ["RTSP/1.0 200 OK", f"CSeq: {number[1] if number else 0}"]
        body = ""
        if self._login and f"Basic {base64.b64encode(self._login.encode()).decode()}" not in asked:
            lines[0] = "RTSP/1.0 401 Unauthorized"
            lines.append('WWW-Authenticate: Basic realm="camera"')
        elif asked.startswith("DESCRIBE"):
            body = (
                "v=0\r\no=- 0 0 IN IP4 10.0.0.1\r\ns=x\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n"
                "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:one\r\n"
            )
            lines += ["Content-Base: rtsp://10.0.0.1/cam/", "Content-Type: application/sdp"]
            lines.append(f"Content-Length: {len(body)}")
        elif asked.startswith("SETUP"):
            lines += ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1", "Session: 1"]
        return "\r\n".join([*lines, "", body]).encode()

    def _play(self, connected: socket.socket) -> None:
        sequence = 0
        for number, units in enumerate(self._pictures):
            for unit in units:
                last = unit is units[-1]
                head = bytes([0x80, 96 | last << 7]) + sequence.to_bytes(2, "big")
                packet = head + (number * 3600).to_bytes(4, "big") + b"abcd" + unit
                connected.sendall(b"$\0" + len(packet).to_bytes(2, "big") + packet)
                sequence += 1


def _read(address: SourceAddress, reach: Reach) -> int:
    """Pictures until the server closes."""
    with guarded(address, reach) as way:
        options = {"analyzeduration": "500000", **way.options}
        with av.open(way.url, options=options, timeout=(10, 10)) as container:
            count = 0
            for packet in container.demux(video=0):
                count += bool(packet.size)
                if count == PICTURES - 5:
                    break
    return count


def test_ffmpeg_reads_through_it() -> None:
    camera = Camera("admin:p@ss")
    with serving(camera) as port:
        address = parse(f"rtsp://admin:p@ss@127.0.0.1:{port}/cam?token=sekrit")
        assert _read(address, LOOPBACK) == PICTURES - 5
    assert "/cam?token=sekrit" in camera.asked[0]


def test_an_address_cannot_choose_another_transport() -> None:
    camera = Camera()
    with serving(camera) as port:
        url = f"rtsp://127.0.0.1:{port}/cam?udp&multicast&a=b&http"
        assert _read(parse(url), LOOPBACK) == PICTURES - 5
    assert camera.asked[0].startswith("OPTIONS rtsp://")
    assert "/cam?udp&multicast&a=b&http " in camera.asked[0]
    assert any("RTP/AVP/TCP" in one for one in camera.asked)


def test_tls_ends_in_the_forwarder(tmp_path: Path) -> None:
    camera = Camera()
    with serving(camera, self_signed(tmp_path)) as port:
        assert _read(parse(f"rtsps://127.0.0.1:{port}/cam"), LOOPBACK) == PICTURES - 5
    assert camera.asked[0].startswith("OPTIONS rtsp://")


def test_a_redirect_is_not_followed(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    reached: list[socket.socket] = []

    def redirect(connected: socket.socket) -> None:
        asked = connected.recv(4096).decode()
        number = re.search(r"CSeq: (\d+)", asked)
        reply = f"RTSP/1.0 302 Moved\r\nCSeq: {number[1] if number else 1}\r\n"
        reply += f"Location: rtsp://127.0.0.1:{inside}/secret\r\n\r\n"
        for one in reply.encode():
            connected.sendall(bytes([one]))
        connected.recv(1)

    with serving(reached.append) as inside, serving(redirect) as port:
        address = parse(f"rtsp://admin:p@ss@127.0.0.1:{port}/cam?token=sekrit")
        with guarded(address, LOOPBACK) as way:
            with pytest.raises((av.error.FFmpegError, OSError)):
                av.open(way.url, options=way.options, timeout=(10, 10))
            failure = way.failure
        assert reached == []
        # The same without a guard goes there: the test does test something.
        with pytest.raises((av.error.FFmpegError, OSError)):
            av.open(address.url, options={"rtsp_transport": "tcp"}, timeout=(10, 10))
        assert len(reached) == 1
    assert failure is not None
    assert failure.kind == "forbidden"
    for secret in ("p@ss", "p%40ss", "sekrit"):
        assert secret not in f"{way!r}{failure}{caplog.text}"


@pytest.mark.parametrize("scheme", ["rtsp", "rtsps", "rtmp", "srt"])
def test_what_is_not_listed_is_not_reached(scheme: str) -> None:
    def nobody(connected: socket.socket) -> None:
        pytest.fail("somebody came")

    with (
        serving(nobody) as port,
        pytest.raises(SourceFailure) as raised,
        guarded(parse(f"{scheme}://localhost:{port}/cam"), Reach(["10.0.0.0/8"])),
    ):
        pytest.fail("there is a way")
    assert raised.value.kind == "forbidden"


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    address = parse(f"rtsp://admin:p@ss@127.0.0.1:{port}/cam")
    with pytest.raises(SourceFailure) as raised, guarded(address, LOOPBACK):
        pytest.fail("there is a way")
    assert raised.value.kind == "refused"
    assert "p@ss" not in str(raised.value)


def test_the_way_of_srt_is_the_checked_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(host: str, port: object, **_: object) -> list[object]:
        return [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2a00:1450::1", 0, 0, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    address = parse("srt://camera.example:9000?streamid=a&passphrase=sekritsekrit")
    with guarded(address, Reach()) as way:
        assert way.url == "srt://[2a00:1450::1]:9000?streamid=a&passphrase=sekritsekrit"
        assert "sekrit" not in repr(way)


def test_only_network_addresses_have_a_way() -> None:
    with pytest.raises(SourceFailure) as raised, guarded(parse("/etc/passwd"), LOOPBACK):
        pytest.fail("there is a way")
    assert raised.value.kind == "forbidden"


def test_rtmp_passes_as_it_is_and_is_told_its_host() -> None:
    def echo(connected: socket.socket) -> None:
        while data := connected.recv(4096):
            connected.sendall(data)

    with (
        serving(echo) as port,
        guarded(parse(f"rtmp://127.0.0.1:{port}/live/cam/key"), LOOPBACK) as way,
    ):
        assert way.options["rtmp_tcurl"] == f"rtmp://127.0.0.1:{port}/live/cam"
        found = re.fullmatch(r"rtmp://127\.0\.0\.1:(\d+)/live/cam/key", way.url)
        assert found is not None
        assert int(found[1]) != port
        with socket.create_connection(("127.0.0.1", int(found[1])), 10) as connected:
            sent = bytes(range(256)) * 2000
            thread = threading.Thread(target=connected.sendall, args=(sent,))
            thread.start()
            got = b""
            while len(got) < len(sent):
                got += connected.recv(65536)
            thread.join()
        assert got == sent
        # A second one, after the first has gone.
        with socket.create_connection(("127.0.0.1", int(found[1])), 10) as connected:
            connected.sendall(b"RTSP/1.0 302 is nothing to RTMP\r\n\r\n")
            assert connected.recv(100).startswith(b"RTSP/1.0 302")
        assert way.failure is None


def test_closing_ends_what_hangs() -> None:
    over = threading.Event()

    def silent(connected: socket.socket) -> None:
        over.wait(10)

    with serving(silent) as port:
        with guarded(parse(f"rtsp://127.0.0.1:{port}/cam"), LOOPBACK) as way:
            forwarder = way.forwarder
            assert forwarder is not None
            with socket.create_connection(("127.0.0.1", forwarder.port), 10) as connected:
                connected.sendall(b"OPTIONS")
                forwarder.close()
                forwarder.close()
                connected.settimeout(10)
                with suppress(ConnectionResetError):
                    assert connected.recv(10) == b""
        over.set()
    assert not any(one.name == "forwarder" for one in threading.enumerate())
