"""A person, a browser, and all of Pressbox as `make run` starts it: nothing here is a fake."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.senses import (
    brightness,
    delayed_picture,
    start,
    wait_until_heard,
    wait_until_it_plays,
)
from tests.browser.stack import Stack

pytestmark = pytest.mark.timeout(240)

PATIENT = 45_000
"""Milliseconds: these machines are slow, and nothing here is about speed."""


async def growth(caption: Locator) -> list[int]:
    """How many words the caption had, each time that it changed, until a line was complete."""
    seen: list[int] = []
    async with asyncio.timeout(PATIENT / 1000):
        while True:
            running, count = await caption.evaluate(
                "(one) => [one.dataset.running, one.querySelectorAll('.word').length]"
            )
            if running == "true" and (not seen or seen[-1] != count):
                seen.append(count)
            elif running == "false" and len(seen) > 1:
                return seen
            elif running == "false":
                seen.clear()
            await asyncio.sleep(0.02)


async def visit(open_page: OpenPage, stack: Stack, *, camera: bool) -> Page:
    """Open the page and go in, with the demo film or one's own camera as the source."""
    page = await open_page(stack.url)
    page.set_default_timeout(PATIENT)
    await start(page, camera=camera)
    return page


async def test_the_demo_film_is_shown_late_commented_on_and_asked_about(
    open_page: OpenPage, stack: Stack
) -> None:
    page = await visit(open_page, stack, camera=False)
    await wait_until_it_plays(page)
    assert await brightness(delayed_picture(page)) > 5
    await expect(page.get_by_test_id("delay")).to_contain_text("s behind", timeout=PATIENT)
    await wait_until_heard(page)
    words = await growth(page.get_by_test_id("caption"))
    assert words == sorted(words)
    assert words[-1] - words[0] >= 2
    log = page.get_by_role("log")
    await expect(log.locator(".row").first).to_be_visible(timeout=PATIENT)
    await page.get_by_label("Your question").fill("What colours are there?")
    await page.keyboard.press("Enter")
    await expect(log.locator('[data-kind="question"]')).to_have_attribute(
        "data-state", "answered", timeout=PATIENT
    )
    answer = log.locator('[data-kind="answer"] p')
    await expect(answer).not_to_be_empty(timeout=PATIENT)


async def test_a_camera_takes_over_and_gives_back(open_page: OpenPage, stack: Stack) -> None:
    page = await visit(open_page, stack, camera=True)
    report = page.locator(".report")
    await expect(report).to_contain_text("your picture", timeout=PATIENT)
    await wait_until_it_plays(page)
    # Chromium's fake camera is green all over; the film never is.
    await _wait_until_green(page, green=True)
    await page.get_by_role("button", name="My camera").click()
    await expect(report).to_contain_text("demo", timeout=PATIENT)
    await _wait_until_green(page, green=False)
    await page.get_by_role("button", name="Leave").click()
    await expect(page.get_by_role("button", name="Watch", exact=True)).to_be_visible()


async def _wait_until_green(page: Page, *, green: bool) -> None:
    video = await delayed_picture(page).element_handle()
    await page.wait_for_function(
        """([video, green]) => {
          const context = new OffscreenCanvas(1, 1).getContext('2d');
          context.drawImage(video, 0, 0, 1, 1);
          const [r, g, b] = context.getImageData(0, 0, 1, 1).data;
          return green === (g > 2 * r && g > 2 * b);
        }""",
        arg=[video, green],
        timeout=PATIENT,
    )
