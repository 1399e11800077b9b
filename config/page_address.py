"""Where others find the page."""

from __future__ import annotations

from config.own_address import is_loopback, own_address, reachable
from config.settings import Settings


def is_open(settings: Settings) -> bool:
    """Whether others reach this machine's page, and its livekit-server with it."""
    return settings.lan or not is_loopback(settings.web_host)


def page_for_others(settings: Settings) -> str:
    """Its address, which is this machine's own where it is open to nobody else."""
    if not settings.lan:
        return f"http://{reachable(settings.web_host)}:{settings.web_port}"
    # A certificate of one's own is for a name; the address of a container is nobody's.
    named = settings.web_names if settings.tls_cert or settings.web_near else ()
    return f"https://{reachable(next(iter(named), own_address()))}:{settings.tls_port}"
