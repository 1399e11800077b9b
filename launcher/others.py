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
        media = f"TCP {settings.livekit_tcp_port} and UDP {settings.livekit_udp_port}"
        through = f"TCP {port} (the page), {media} (picture and sound)"
        log.line("run", f"a firewall must let through {through}")
    if not settings.lan:
        return
    links = ViewerLinks(settings)
    try:
        token = await asyncio.to_thread(links.make, settings.room, HOURS, steer=True)
    except AdminTokenError as error:
        raise LaunchError(str(error)) from None
    log.hide([token])
    url = link(page, settings.room, token)
    # Only a person sees this: whoever has it can steer.
    log.show("run", f"for your own phone, for {HOURS:.0f} hours: {url}")
    drawn = io.StringIO()
    segno.make(url, error="l", boost_error=False).terminal(drawn, border=2, compact=True)
    for line in drawn.getvalue().splitlines():
        log.show("run", f"{_LIGHT_ON_DARK}{line}\x1b[0m")
