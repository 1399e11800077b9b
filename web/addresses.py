"""Which address a browser reaches the LiveKit server at."""

from __future__ import annotations

import ipaddress

from yarl import URL


def server_url(livekit_url: str, public_url: str, page: URL) -> str:
    """The LiveKit address (`ws://` or `wss://`) for a browser that has the page from `page`.

    `public_url` where one is set; a server elsewhere as it is; one on this machine under the name
    by which the browser knows the machine.
    """
    if public_url:
        return public_url
    url = URL(livekit_url)
    secure = url.scheme in ("https", "wss")
    if _is_local(url.host):
        if page.host and not _is_local(page.host):
            url = url.with_host(page.host)
            secure = secure or page.scheme == "https"
        elif url.host in ("0.0.0.0", "::"):
            url = url.with_host("127.0.0.1")
    return str(url.with_scheme("wss" if secure else "ws")).rstrip("/")


def _is_local(host: str | None) -> bool:
    """Whether `host` means the machine itself: a loopback address, or every address of it."""
    if not host:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
