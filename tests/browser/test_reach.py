"""The page on a phone, in the dark."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.scripted_booth import ScriptedBooth
from tests.browser.senses import start, wait_until_it_plays

_PAPER = "getComputedStyle(document.body).backgroundColor"
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def test_a_phone_in_the_dark_shows_everything_and_has_room_for_fingers(
    open_page: OpenPage, page_url: str, booth: ScriptedBooth
) -> None:
    await booth.start()
    phone = {"width": 360, "height": 740}
    page = await open_page(page_url, viewport=phone, has_touch=True, color_scheme="dark")
    await start(page)
    await wait_until_it_plays(page)
    await booth.status(engine="down", error="http://" + "long" * 30)
    await expect(page.locator(".report")).to_contain_text("longlong")
    assert await page.evaluate(_OVERFLOW) == 0
    for name in ("My camera", "Sound", "Ask", "Leave"):
        box = await page.get_by_role("button", name=name, exact=True).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert box["height"] >= 40
    dark = await page.evaluate(_PAPER)
    await page.emulate_media(color_scheme="light")
    assert await page.evaluate(_PAPER) != dark
