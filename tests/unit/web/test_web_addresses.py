"""Which LiveKit address a browser is told."""

from __future__ import annotations

import pytest
from yarl import URL

from web.addresses import NoAddressError, server_url


@pytest.mark.parametrize(
    ("livekit", "page", "told"),
    [
        ("ws://127.0.0.1:7880", "http://127.0.0.1:8199/", "ws://127.0.0.1:7880"),
        ("ws://127.0.0.1:7880", "http://localhost:8199/", "ws://127.0.0.1:7880"),
        ("ws://127.0.0.1:7880", "http://192.168.1.5:8199/", "ws://192.168.1.5:7880"),
        ("ws://localhost:7880", "http://[fe80::1]:8199/", "ws://[fe80::1]:7880"),
        ("ws://0.0.0.0:7880", "http://localhost:8199/", "ws://127.0.0.1:7880"),
        ("ws://127.0.0.1:7880", "https://localhost/", "ws://127.0.0.1:7880"),
        ("wss://example.livekit.cloud", "http://localhost:8199/", "wss://example.livekit.cloud"),
        ("https://example.livekit.cloud", "http://10.0.0.1/", "wss://example.livekit.cloud"),
        ("wss://127.0.0.1:7880", "https://box.example/", "wss://box.example:7880"),
    ],
)
def test_address_for_a_browser(livekit: str, page: str, told: str) -> None:
    assert server_url(livekit, "", URL(page)) == told


@pytest.mark.parametrize(
    ("livekit", "page", "told"),
    [
        ("ws://127.0.0.1:7880", "http://127.0.0.1:8199/", "ws://127.0.0.1:7880"),
        ("ws://127.0.0.1:7880", "https://127.0.0.1:8443/", "wss://127.0.0.1:8443"),
        ("ws://127.0.0.1:7880", "https://[fd00::1]:8443/?a", "wss://[fd00::1]:8443"),
        ("ws://127.0.0.1:7880", "http://10.0.0.1:8199/", "ws://10.0.0.1:8199"),
        ("ws://livekit.lan:7880", "https://10.0.0.1:8443/", "wss://10.0.0.1:8443"),
        ("ws://livekit.lan:7880", "http://10.0.0.1:8199/", "ws://livekit.lan:7880"),
        ("ws://livekit:7880", "http://localhost:8199/", "ws://localhost:8199"),
        ("ws://[fd00::1]:7880", "http://localhost:8199/", "ws://[fd00::1]:7880"),
        ("wss://example.livekit.cloud", "https://10.0.0.1/", "wss://example.livekit.cloud"),
    ],
)
def test_what_a_browser_cannot_reach_goes_by_the_page(livekit: str, page: str, told: str) -> None:
    assert server_url(livekit, "", URL(page), by_us=True) == told
    public = server_url(livekit, "wss://lk.example", URL(page), by_us=True)
    assert public == "wss://lk.example"


def test_a_public_address_wins() -> None:
    page = URL("http://10.0.0.1:8199/")
    assert server_url("ws://127.0.0.1:7880", "wss://lk.example", page) == "wss://lk.example"


@pytest.mark.parametrize(
    ("livekit", "public"),
    [("ws://127.0.0.1:7880", ""), ("http://livekit.lan:7880", ""), ("wss://a", "ws://lk.example")],
)
def test_a_page_by_https_needs_wss(livekit: str, public: str) -> None:
    with pytest.raises(NoAddressError, match="LIVEKIT_PUBLIC_URL"):
        server_url(livekit, public, URL("https://box.example/"))
