"""Which LiveKit address a browser is told."""

from __future__ import annotations

import pytest
from yarl import URL

from web.addresses import NoAddressError, server_url

CLOUD = "wss://example.livekit.cloud"
OURS = "ws://127.0.0.1:7880"


@pytest.mark.parametrize(
    ("livekit", "page", "told", "by_us"),
    [
        (OURS, "http://127.0.0.1:8199/", OURS, OURS),
        (OURS, "http://localhost:8199/", OURS, OURS),
        (OURS, "http://10.0.0.1:8199/", "ws://10.0.0.1:7880", "ws://10.0.0.1:8199"),
        (OURS, "https://localhost/", OURS, None),
        ("ws://localhost:7880", "http://[fe80::1]:8199/", "ws://[fe80::1]:7880", None),
        ("ws://0.0.0.0:7880", "http://localhost:8199/", OURS, None),
        ("wss://127.0.0.1:7880", "https://box.example/", "wss://box.example:7880", None),
        ("https://example.livekit.cloud", "http://10.0.0.1/", CLOUD, None),
        (CLOUD, "https://10.0.0.1/", CLOUD, CLOUD),
        (OURS, "https://[fd00::1]:8443/?a", None, "wss://[fd00::1]:8443"),
        ("ws://livekit.lan:7880", "https://10.0.0.1:8443/", None, "wss://10.0.0.1:8443"),
        ("ws://livekit.lan:7880", "http://10.0.0.1:8199/", None, "ws://livekit.lan:7880"),
        ("ws://livekit:7880", "http://localhost:8199/", None, "ws://localhost:8199"),
        ("ws://[fd00::1]:7880", "http://localhost:8199/", None, "ws://[fd00::1]:7880"),
    ],
)
def test_address_for_a_browser_and_where_it_goes_by_the_page(
    livekit: str, page: str, told: str | None, by_us: str | None
) -> None:
    if told is not None:
        assert server_url(livekit, "", URL(page)) == told
    if by_us is not None:
        assert server_url(livekit, "", URL(page), by_us=True) == by_us
    for ours in (True, False):
        public = server_url(livekit, "wss://lk.example", URL(page), by_us=ours)
        assert public == "wss://lk.example"


@pytest.mark.parametrize(
    ("livekit", "public"),
    [("ws://127.0.0.1:7880", ""), ("http://livekit.lan:7880", ""), ("wss://a", "ws://lk.example")],
)
def test_a_page_by_https_needs_wss(livekit: str, public: str) -> None:
    with pytest.raises(NoAddressError, match="LIVEKIT_PUBLIC_URL"):
        server_url(livekit, public, URL("https://box.example/"))
