"""What lasts: over a reload, and while nobody touches anything."""

from __future__ import annotations

import re

from livekit import rtc
from playwright.async_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.scripted_booth import ScriptedBooth
from tests.browser.senses import start, wait_until_it_plays
from tests.browser.shown import arrives

_COUNT_LOCKS = """
window.locks = 0;
const request = navigator.wakeLock.request.bind(navigator.wakeLock);
navigator.wakeLock.request = (kind) => { window.locks += 1; return request(kind); };
"""
_SHOWN = """
(state) => {
  Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
  document.dispatchEvent(new Event('visibilitychange'));
}
"""


async def test_a_reload_keeps_who_one_is_what_was_said_and_the_camera(
    open_page: OpenPage, page_url: str, booth: ScriptedBooth
) -> None:
    await booth.start()
    page = await open_page(page_url)
    await page.get_by_label("Your name").fill("Ann")
    await start(page, camera=True)
    before = await arrives(booth, rtc.TrackSource.SOURCE_CAMERA)
    (ann,) = booth.room.remote_participants.values()
    await booth.say("L1", ["Before", "the", "reload."])
    rows = page.get_by_role("log").get_by_role("article")
    await expect(rows).to_have_count(1)
    await page.reload()
    await wait_until_it_plays(page)
    await expect(rows).to_have_text([re.compile("Before the reload.")])
    await arrives(booth, rtc.TrackSource.SOURCE_CAMERA, before)
    (again,) = booth.room.remote_participants.values()
    assert (again.identity, again.name) == (ann.identity, "Ann")
    await expect(page.get_by_role("button", name="My camera")).to_have_attribute(
        "aria-pressed", "true"
    )


async def test_the_screen_is_kept_on_and_again_when_the_page_is_looked_at_again(
    open_page: OpenPage, page_url: str
) -> None:
    page = await open_page(page_url)
    await page.add_init_script(_COUNT_LOCKS)
    await page.goto(page_url)
    assert await page.evaluate("window.locks") == 0
    await start(page)
    # Nobody else is there.
    await expect(
        page.locator(".report", has_text="No commentator is in this room yet.")
    ).to_be_visible()
    await page.wait_for_function("() => window.locks === 1")
    await page.evaluate(_SHOWN, "hidden")
    await page.evaluate(_SHOWN, "visible")
    await page.wait_for_function("() => window.locks === 2")
