"""Addresses of sources: what is taken, what is opened, and that nothing secret is shown."""

from __future__ import annotations

import random
import string
from urllib.parse import quote, urlsplit

import pytest

from config.source_address import AddressError, parse, test_pattern

del test_pattern  # pytest would take it for a test


@pytest.mark.parametrize(
    ("text", "kind", "host", "port"),
    [
        ("rtsp://camera/stream", "rtsp", "camera", 554),
        ("rtsps://camera/stream", "rtsp", "camera", 322),
        ("RTSP://10.0.0.8:8554/a/b?x=1", "rtsp", "10.0.0.8", 8554),
        ("rtsp://[fe80::1]:8554/x", "rtsp", "fe80::1", 8554),
        ("http://camera:8080/video.mjpg", "http", "camera", 8080),
        ("https://camera/live/index.m3u8", "http", "camera", 443),
        ("srt://host:9000?mode=caller", "srt", "host", 9000),
        ("rtmp://host/live/cam", "rtmp", "host", 1935),
        ("clip.mp4", "file", "", 0),
        ("file:///films/a.mkv", "file", "", 0),
        ("/dev/video0", "device", "", 0),
        ("screen", "screen", "", 0),
        ("test", "test", "", 0),
        ("test:640x360@15", "test", "", 0),
        ("demo", "demo", "", 0),
    ],
)
def test_what_people_write_is_understood(text: str, kind: str, host: str, port: int) -> None:
    address = parse(text)
    assert (address.kind, address.host, address.port) == (kind, host, port)


@pytest.mark.parametrize(
    "text",
    ["", " ", "ftp://host/x", "rtsp://", "rtsp://:554/x", "http://h:70000/", "srt://h", "a\nb"],
)
def test_what_is_no_address_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse(text)
    assert str(caught.value).startswith("an address such as")


@pytest.mark.parametrize(
    ("text", "password", "opened"),
    [
        ("rtsp://admin:p@ss@host/x", "p@ss", "rtsp://admin:p%40ss@host/x"),
        ("rtsp://admin:p%40ss@host/x", "p@ss", "rtsp://admin:p%40ss@host/x"),
        ("rtsp://a:p/q@host:8554/x", "p/q", "rtsp://a:p%2Fq@host:8554/x"),
        ("rtsp://a:p#q@host/x", "p#q", "rtsp://a:p%23q@host/x"),
        ("rtsp://a:p:q@host/x", "p:q", "rtsp://a:p%3Aq@host/x"),
    ],
)
def test_a_password_may_hold_what_divides_an_address(text: str, password: str, opened: str) -> None:
    address = parse(text)
    assert address.password == password
    assert address.url == opened
    assert address.host == "host"
    assert address.user == text.split("//")[1].split(":")[0]


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("rtsp://admin:p@ss@host/token=p@ss", "host"),
        ("rtsp://u:p@cam/x?mail=a@b.c", "cam"),
        ("rtsp://u:p@cam/live@1", "cam"),
        ("rtsp://cam:8554/live@1.2", "cam"),
        ("http://cam.lan/a@b.c", "cam.lan"),
        ("rtsp://gate:p@ss/w?rd@127.0.0.1:8554/x", "127.0.0.1"),
        ("http://admin:p@ss/w?rd@camera:8080/video", "camera"),
    ],
)
def test_the_host_is_found_among_many_at_signs(text: str, host: str) -> None:
    assert parse(text).host == host


@pytest.mark.parametrize(
    "text",
    [
        "rtsp://admin:TOPSECRET@host/x",
        "rtsp://admin:TOP@SECRET@host/x",
        "http://host/video?user=admin&password=TOPSECRET",
        "http://host/video?token=TOPSECRET#top",
        "http://host?token=TOPSECRET",
        "srt://host:9000?passphrase=TOPSECRET&streamid=x",
        "rtmp://host/live/TOPSECRET",
        "rtsp://TOPSECRET@host/x",
        "rtsp://host:554/user=admin_password=TOPSECRET_channel=1_stream=0.sdp",
        "rtsp://host/user=admin&password=TOPSECRET&channel=1",
    ],
)
def test_nothing_secret_is_shown(text: str) -> None:
    address = parse(text)
    for shown in (str(address), repr(address), address.safe, f"{address}"):
        assert "SECRET" not in shown
        assert "TOP" not in shown
    said = address.redact(f"cannot open {text} ({address.url}), or {text.split('//')[1]}")
    assert "SECRET" not in said
    assert "host" in address.safe


def test_any_password_survives_and_never_shows() -> None:
    draw = random.Random(6)
    letters = string.ascii_letters + string.digits + "@:/?#%&=+$!*'(), "
    for _ in range(500):
        password = "".join(draw.choices(letters, k=draw.randint(6, 20)))
        address = parse(f"rtsp://admin:{quote(password, safe='')}@camera.lan:8554/live/1")
        assert address.password == password
        assert urlsplit(address.url).hostname == "camera.lan"
        assert address.safe == "rtsp://camera.lan:8554/live/1"
        for spelling in (password, quote(password), quote(password, safe="")):
            assert spelling not in address.redact(f"<{spelling}> and {address.url}")
