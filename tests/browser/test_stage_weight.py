"""What the page weighs, and whom it asks for anything."""

from __future__ import annotations

import gzip
from urllib.parse import urlsplit

from tests.browser.conftest import OpenPage
from tests.browser.scripted_booth import ScriptedBooth
from tests.browser.senses import start, wait_until_it_plays
from web.page import DIST

MOST = 300_000
"""Bytes, gzipped."""


def test_it_is_light(built_page: None) -> None:
    files = [one for one in DIST.rglob("*") if one.is_file()]
    sizes = {one.name: len(gzip.compress(one.read_bytes())) for one in files}
    assert 0 < sum(sizes.values()) <= MOST, sizes


async def test_it_asks_no_other_host(
    open_page: OpenPage, page_url: str, booth: ScriptedBooth
) -> None:
    await booth.start()
    page = await open_page(page_url)
    hosts: set[str | None] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    page.on("websocket", lambda socket: hosts.add(urlsplit(socket.url).hostname))
    await page.reload()
    await start(page)
    await wait_until_it_plays(page)
    assert hosts == {"127.0.0.1"}
