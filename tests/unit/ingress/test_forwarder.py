"""RTSP and RTMP through the forwarder: to checked addresses only, with every login."""

from __future__ import annotations

import logging
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from config.source_address import parse
from ingress.reader.egress_policy import EgressPolicy
from ingress.reader.failures import SourceFailure
from ingress.reader.forwarder import Forwarder
from tests.peers.nasty_rtsp import Manners, NastyCamera
from tests.support.tcp_server import TcpServer
from tests.unit.ingress.http.certificates import self_signed
from tests.unit.ingress.reader.films import Read

PICTURES = 60
GUARDED: dict[str, Any] = {"guarded": True, "networks": ("127.0.0.1",)}
BOTH_WAYS = pytest.mark.parametrize("reach", [{}, GUARDED], ids=["added", "from the page"])


def seen(camera: NastyCamera, url: str = "", **request: Any) -> Read:
    """What a reader says of it; no more than 20 pictures."""
    return Read(url or camera.url(), pieces=20, **request)


@BOTH_WAYS
@pytest.mark.parametrize(
    "manners",
    [
        {},
        {"absolute": "10.0.0.7:554"},
        {"garbage": bytes(range(40))},
        {"garbage": b"\0"},
        {"offers": ["basic"]},
        {"offers": ["MD5", "SHA-256"], "one_header": True},
        {"offers": ["MD5"], "hangs_up": True},
        {"offers": ["SHA-256"], "hangs_up": True, "rotating": True},
        {"offers": ["MD5"], "rotating": True},
    ],
    ids=str,
)
def test_a_camera_with_manners_of_its_own_is_read(
    manners: dict[str, Any], reach: dict[str, Any]
) -> None:
    with NastyCamera(Manners(**manners, unpaced=PICTURES)) as camera:
        read = seen(camera, **reach)
    assert len(read.units) >= 15
    assert read.opened.transport == "tcp"


@BOTH_WAYS
@pytest.mark.parametrize("status", [404, 454, 461, 500])
def test_a_refused_sound_costs_no_picture(status: int, reach: dict[str, Any]) -> None:
    with NastyCamera(Manners(sound=True, refuse=status, unpaced=PICTURES)) as camera:
        read = seen(camera, **reach)
        assert (read.opened.sound, len(read.units)) == ("refused", 20)
        camera.asked.clear()
        assert seen(camera, **reach, sound=False).units
    assert camera.methods().count("SETUP") == 1


@BOTH_WAYS
@pytest.mark.parametrize(
    ("offers", "login", "said"),
    [
        (("SHA-512-256",), "cam:p@ss:w/rd@", "SHA-512-256"),
        (("MD5",), "", "wants a user name"),
        (("basic", "MD5"), "cam:another@", "refuses the user name"),
    ],
)
def test_what_is_wrong_with_a_login_is_said(
    offers: tuple[str, ...], login: str, said: str, reach: dict[str, Any]
) -> None:
    with NastyCamera(Manners(offers=offers)) as camera:
        failed = seen(camera, f"rtsp://{login}127.0.0.1:{camera.port}/cam", **reach).failed
    assert failed.kind == "auth"
    assert said in failed.text
    assert camera.methods().count("DESCRIBE") <= 2  # cameras lock out who is wrong too often


def test_the_camera_is_asked_by_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(host: str, port: object, *_: object, **__: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port or 0))]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    with NastyCamera() as camera:
        camera.manners = Manners(own_host=f"camera.example:{camera.port}", unpaced=PICTURES)
        url = f"rtsp://camera.example:{camera.port}/cam?udp&multicast&a=b&token=sekrit"
        assert seen(camera, url, guarded=True, networks=["camera.example"]).units
    assert f"{url} RTSP/1.0" in camera.asked[0]
    assert any("RTP/AVP/TCP" in one for one in camera.asked)  # whatever the address says


def test_tls_ends_in_the_forwarder(tmp_path: Path) -> None:
    with NastyCamera(Manners(unpaced=PICTURES), tls=self_signed(tmp_path)) as camera:
        assert seen(camera, **GUARDED).units


def test_a_redirect_is_followed_where_the_page_has_no_part_in_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with NastyCamera(Manners(unpaced=PICTURES)) as inside, NastyCamera() as camera:
        camera.manners = Manners(moved=inside.url())
        url = f"rtsp://admin:p@ss@127.0.0.1:{camera.port}/cam?token=sekrit"
        failed = seen(camera, url, **GUARDED).failed
        assert not inside.asked
        assert seen(camera, url).units
    assert failed.kind == "forbidden"
    for secret in ("p@ss", "p%40ss", "sekrit"):
        assert secret not in f"{failed}{caplog.text}"


@pytest.mark.parametrize("scheme", ["rtsp", "rtsps", "rtmp"])
def test_what_is_not_listed_is_not_reached(scheme: str) -> None:
    def nobody(connected: socket.socket) -> None:
        pytest.fail("somebody came")

    with TcpServer(nobody) as server, pytest.raises(SourceFailure) as raised:
        Forwarder(parse(f"{scheme}://localhost:{server.port}/cam"), EgressPolicy(["10.0.0.0/8"]))
    assert raised.value.kind == "forbidden"


def test_closing_ends_what_hangs() -> None:
    over = threading.Event()
    with TcpServer(lambda _: over.wait(10)) as server:
        made = Forwarder(parse(f"rtsp://127.0.0.1:{server.port}/cam"), None)
        here = int(made.url.partition("/cam")[0].rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", here), 10) as connected:
            connected.sendall(b"OPTIONS")
            made.close()
            made.close()
            connected.settimeout(10)
            with suppress(ConnectionResetError):
                assert connected.recv(10) == b""
        over.set()
    assert not any(one.name == "forwarder" for one in threading.enumerate())
