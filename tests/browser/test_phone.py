"""A phone: Chromium on another computer, in a phone's size and with its camera, against all of
Pressbox as `make run LAN=on` starts it.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Page, async_playwright
from yarl import URL

from tests.browser.conftest import FAKE_CAMERA, FLAGS
from tests.browser.senses import TAP, start, wait_until_heard, wait_until_it_plays
from tests.peers.other_computer import NoNamespaceError, OtherComputer, other_computer
from tests.support.launched import Running, running
from tests.support.ports import free_port
from tests.support.until import until

pytestmark = pytest.mark.timeout(240)

PATIENT = 45_000
"""Milliseconds."""


@pytest.fixture
def phone() -> Iterator[OtherComputer]:
    """A computer that reaches us by the wire between us only."""
    try:
        with other_computer() as made:
            yield made
    except NoNamespaceError as error:
        pytest.skip(str(error))


@asynccontextmanager
async def browsing(phone: OtherComputer, chromium: Path, folder: Path) -> AsyncIterator[Page]:
    """A page of a browser on the phone, which takes every certificate, as a person does."""
    program = folder / "chromium"
    program.write_text(f'#!/bin/sh\nexec ip netns exec {phone.namespace} {chromium} "$@"\n')
    program.chmod(0o755)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program,
            args=[*FLAGS, *FAKE_CAMERA],
            ignore_default_args=["--mute-audio"],
        )
        looks = playwright.devices["Pixel 7"]
        page = await (await browser.new_context(**looks, ignore_https_errors=True)).new_page()
        page.set_default_timeout(PATIENT)
        await page.add_init_script(TAP)
        yield page
        await browser.close()


async def steering_link(stack: Running, host: str) -> str:
    """As the page's "Open on a phone" gets it, under the phone's address of this machine."""
    async with aiohttp.ClientSession() as session:
        asked = session.post(f"{stack.url}api/links", json={"steer": True})
        async with asked as answer:
            assert answer.status == 201
            return str(URL((await answer.json())["url"]).with_host(host))


async def comes_back(phone: OtherComputer, page: Page) -> None:
    """Out of reach of the Wi-Fi until it shows, and into it again: all is as it was."""
    rows = page.locator(".row")
    await rows.first.wait_for()
    said = await rows.count()
    phone.unplugged = True
    await page.locator(".notice").filter(has_text="Reconnecting").wait_for()
    phone.unplugged = False
    await page.locator(".notice").filter(has_text="Reconnecting").wait_for(state="hidden")
    await wait_until_it_plays(page)
    assert await rows.count() >= said > 0
    assert (
        await page.get_by_role("button", name="My camera").get_attribute("aria-pressed") == "true"
    )


async def test_a_phone_shows_its_camera_watches_hears_and_steers(
    phone: OtherComputer,
    livekit_binary: Path,
    built_page: None,
    chromium_path: Path,
    tmp_path: Path,
) -> None:
    words = ("LAN=on", f"TLS_PORT={free_port()}")
    async with running(livekit_binary, tmp_path / "state", *words) as stack:
        try:
            await stack.ready()
            link = await steering_link(stack, phone.here)
            async with browsing(phone, chromium_path, tmp_path) as page:
                await page.goto(link)
                await start(page, camera=True)
                await wait_until_it_plays(page)
                await until(lambda: stack.said("watching viewer-"))
                assert await page.evaluate(_STEER) == ["steer", 200, 202]
                await wait_until_heard(page)
                await comes_back(phone, page)
        finally:
            sys.stdout.write(stack.text)


_STEER = """
async () => {
  const headers = {'Content-Type': 'application/json'};
  const post = async (path, body) =>
    (await fetch(path, {method: 'POST', headers, body: JSON.stringify(body)})).status;
  return [
    (await (await fetch('/api/status')).json()).you,
    await post('/api/settings', {length: 'brief'}),
    await post('/api/ask', {text: 'What do you see?'}),
  ];
}
"""
