"""Without a mouse: everything is reached, opened, closed and switched by keys."""

from __future__ import annotations

import asyncio

from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.scripted_booth import ScriptedBooth
from tests.browser.senses import wait_until_heard, wait_until_it_plays

_FOCUSED = """
() => {
  const one = document.activeElement;
  const { width, height, bottom } = one.getBoundingClientRect();
  const name = one.getAttribute('aria-label') ?? one.labels?.[0]?.textContent ?? one.textContent;
  const outline = getComputedStyle(one).outlineStyle !== 'none';
  return [name.trim(), outline && width > 0 && height > 0 && bottom <= innerHeight];
}
"""


async def tab_to(page: Page, name: str) -> list[str]:
    """Press Tab until that has the focus; returns all that had it. Each is seen to have it."""
    passed: list[str] = []
    while not passed or passed[-1] != name:
        await page.keyboard.press("Tab")
        found, seen = await page.evaluate(_FOCUSED)
        assert seen, found
        assert found not in passed, f"{name} is not reached: {passed}"
        passed.append(found)
    return passed


async def test_from_the_start_to_a_question_panels_and_menus_by_keys_alone(
    open_page: OpenPage, page_url: str, booth: ScriptedBooth
) -> None:
    await booth.start()
    page = await open_page(page_url)
    await expect(page.get_by_role("button", name="Watch", exact=True)).to_be_focused()
    await page.keyboard.press("Enter")
    await wait_until_it_plays(page)
    passed = await tab_to(page, "Your question")
    # As they stand on the page, from top to bottom.
    order = ["My camera", "Sound", "Captions", "Commentary", "Find in what was said", "Export"]
    assert [one for one in passed if one in order] == order
    await page.keyboard.type("What happened?")
    await page.keyboard.press("Enter")
    assert (await asyncio.wait_for(booth.questions.get(), 10))[0] == "What happened?"

    tabs = page.get_by_role("tab")
    await tabs.first.focus()
    for key, name in (
        ("ArrowRight", "Source"),
        ("ArrowRight", "Settings"),
        ("ArrowRight", "Commentary"),
        ("ArrowLeft", "Settings"),
    ):
        await page.keyboard.press(key)
        tab = page.get_by_role("tab", name=name)
        await expect(tab).to_be_focused()
        await expect(tab).to_have_attribute("aria-selected", "true")
        await expect(page.get_by_role("tabpanel", name=name)).to_be_visible()

    for menu in ("Sound", "Captions"):
        button = page.get_by_role("button", name=menu, exact=True)
        await button.focus()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        panel = page.get_by_role("group", name=menu, exact=True)
        assert await panel.evaluate("(panel) => panel.contains(document.activeElement)")
        await page.keyboard.press("Escape")
        await expect(panel).to_be_hidden()
        await expect(button).to_be_focused()
    share = page.get_by_role("button", name="Share")
    await share.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await expect(share).to_be_focused()


async def test_single_keys_ask_mute_caption_and_fill_the_screen_unless_they_are_off(
    page: Page, booth: ScriptedBooth
) -> None:
    booth.hum(True)
    await wait_until_heard(page)
    question, caption = page.get_by_label("Your question"), page.get_by_test_id("caption")
    full = "() => document.fullscreenElement !== null"
    await page.keyboard.press("m")
    await page.wait_for_function("() => window.heard() < 0.001")
    await page.keyboard.press("m")
    await wait_until_heard(page)
    await page.keyboard.press("c")
    await expect(caption).to_be_hidden()
    await page.keyboard.press("c")
    await expect(caption).to_be_visible()
    await page.keyboard.press("f")
    await page.wait_for_function(full)
    await page.keyboard.press("f")
    await page.wait_for_function(f"() => !({full})()")
    await page.get_by_role("tab", name="Settings").click()
    await page.keyboard.press("/")
    await expect(question).to_be_focused()
    await page.keyboard.type("mcf/")  # what is written is no order
    await expect(question).to_have_value("mcf/")
    await expect(caption).to_be_visible()
    assert not await page.evaluate(full)

    await page.get_by_role("tab", name="Settings").click()
    await page.get_by_label("Single keys do something").uncheck()
    await page.get_by_role("tab", name="Settings").focus()
    for key in "mcf/":
        await page.keyboard.press(key)
    await expect(caption).to_be_visible()
    await expect(page.get_by_role("tab", name="Settings")).to_be_focused()
    await wait_until_heard(page)
