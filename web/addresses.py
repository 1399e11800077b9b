"""Which address a browser reaches the LiveKit server at."""

from __future__ import annotations

from yarl import URL

from config.own_address import is_loopback, parsed


class NoAddressError(Exception):
    """A browser with this page can reach no LiveKit server. `str()` is one line."""


def server_url(livekit_url: str, public_url: str, page: URL, *, by_us: bool = False) -> str:
    """The LiveKit address (`ws://` or `wss://`) for a browser that has the page from `page`.

    `public_url` where one is set; a server elsewhere as it is; one on this machine under the name
    by which the browser knows the machine. by_us: the page's own address has LiveKit too, and is
    told where the browser could not reach the other one. Raises NoAddressError for a page that came
    by https: browsers allow it no `ws://` but to their own machine.
    """
    if by_us and not public_url and _is_out_of_reach(URL(livekit_url), page):
        return str(page.origin().with_scheme("wss" if page.scheme == "https" else "ws"))
    url = public_url or _known(URL(livekit_url), page)
    if page.scheme == "https" and not url.startswith("wss:") and not is_loopback(_host(URL(url))):
        raise NoAddressError(
            "the page came by https, and browsers then want wss: set LIVEKIT_PUBLIC_URL to the "
            "wss:// address of LiveKit"
        )
    return url


def _is_out_of_reach(url: URL, page: URL) -> bool:
    host = _host(url)
    abroad = _is_local(host) and not _is_local(_host(page))
    inside = parsed(host) is None and "." not in host and not _is_local(host)  # as of a container
    return abroad or inside or (page.scheme == "https" and url.scheme not in ("https", "wss"))


def _known(url: URL, page: URL) -> str:
    secure = url.scheme in ("https", "wss")
    if _is_local(_host(url)):
        if page.host and not _is_local(page.host):
            url = url.with_host(page.host)
        elif url.host in ("0.0.0.0", "::"):
            url = url.with_host("127.0.0.1")
    return str(url.with_scheme("wss" if secure else "ws")).rstrip("/")


def _host(url: URL) -> str:
    return url.host or ""


def _is_local(host: str) -> bool:
    """Whether `host` means the machine itself: a loopback address, or every address of it."""
    return is_loopback(host) or host in ("0.0.0.0", "::", "")
