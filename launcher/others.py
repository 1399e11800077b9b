"""What the terminal says where others may come: the address, a link for one's own phone, and what a
firewall must let through.
"""

from __future__ import annotations

import asyncio
import io

import segno

from config.admin_token import AdminTokenError
from config.page_address import is_open, page_for_others
from config.settings import Settings
from config.viewer_links import ViewerLinks, link
from launcher.errors import LaunchError
from launcher.log_stream import LogStream
from launcher.plan import own_server

HOURS = 12.0
"""How long the link for one's own phone lasts."""

_LIGHT_ON_DARK = "\x1b[97;40m"


async def introduce(settings: Settings, log: LogStream) -> None:
    """Says it where there are others. Raises LaunchError."""
    if not is_open(settings):
        return
    page = page_for_others(settings)
    log.line("run", f"others find the page at {page}")
    log.line("run", "they need a link: .venv/bin/python -m web link, with --steer to change things")
    if own_server(settings):
        port = settings.tls_port if settings.lan else settings.web_port
        log.line(
            "run",
            f"a firewall must let through TCP {port} (the page), TCP {settings.livekit_tcp_port} "
            f"and UDP {settings.livekit_udp_port} (picture and sound)",
        )
    if settings.lan:
        await _show_link(page, settings, log)


async def _show_link(page: str, settings: Settings, log: LogStream) -> None:
    """To a person only: whoever has it can steer."""
    links = ViewerLinks(settings)
    try:
        token = await asyncio.to_thread(links.make, settings.room, HOURS, steer=True)
    except AdminTokenError as error:
        raise LaunchError(str(error)) from None
    log.hide([token])
    url = link(page, settings.room, token)
    log.show("run", f"for your own phone, for {HOURS:.0f} hours; whoever has it can steer: {url}")
    for line in drawn(url).splitlines():
        log.show("run", f"{_LIGHT_ON_DARK}{line}\x1b[0m")


def drawn(url: str) -> str:
    """A QR code in letters, light ones being the light squares."""
    out = io.StringIO()
    segno.make(url, error="l", boost_error=False).terminal(out, border=2, compact=True)
    return out.getvalue()
