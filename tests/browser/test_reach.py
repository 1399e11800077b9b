"""The page without a mouse, on a phone, in the dark."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.scripted_booth import ScriptedBooth
from tests.browser.senses import start, wait_until_it_plays

_CONTRAST = """
(element) => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d');
  const light = (colour) => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let behind = element;
  while (getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') {
    behind = behind.parentElement;
  }
  const one = light(getComputedStyle(element).color);
  const other = light(getComputedStyle(behind).backgroundColor);
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}
"""

_FOCUSED = """
() => {
  const one = document.activeElement;
  if (one === document.body) return ['', ''];
  const label = one.ariaLabel ?? one.labels?.[0]?.innerText ?? one.innerText;
  return [label, getComputedStyle(one).outlineStyle];
}
"""


async def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control of this name has the focus, and check that one can see it."""
    for _ in range(24):
        await page.keyboard.press("Tab")
        label, outline = await page.evaluate(_FOCUSED)
        if name in label:
            assert outline == "solid", f"{name} shows no focus"
            return
    raise AssertionError(f"{name} cannot be reached with Tab")


async def test_everything_works_with_the_keyboard_alone(
    open_page: OpenPage, page_url: str, booth: ScriptedBooth
) -> None:
    await booth.start()
    page = await open_page(page_url)
    await expect(page.get_by_role("button", name="Watch", exact=True)).to_be_focused()
    await tab_to(page, "Watch and show my camera")
    await page.keyboard.press("Enter")
    camera = page.get_by_role("button", name="My camera")
    await expect(camera).to_have_attribute("aria-pressed", "true")
    await tab_to(page, "My camera")
    await page.keyboard.press("Space")
    await expect(camera).to_have_attribute("aria-pressed", "false")
    await tab_to(page, "Sound")
    await page.keyboard.press("Enter")
    await tab_to(page, "Mute: Voice")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Mute: Voice")).to_have_attribute(
        "aria-pressed", "true"
    )
    await tab_to(page, "Volume: Voice")
    await page.keyboard.press("ArrowLeft")
    await expect(page.get_by_label("Volume: Voice")).to_have_value("95")
    await page.keyboard.press("Escape")
    await expect(page.get_by_label("Volume: Voice")).to_be_hidden()
    await tab_to(page, "Your question")
    await page.keyboard.type("Wrong words")
    await page.keyboard.press("Escape")
    await expect(page.get_by_label("Your question")).to_have_value("")
    await page.keyboard.type("What moves?")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("log")).to_contain_text("What moves?")
    await tab_to(page, "Leave")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Watch", exact=True)).to_be_focused()


async def test_a_phone_needs_no_sideways_scroll_and_shows_everything(
    open_page: OpenPage, page_url: str, booth: ScriptedBooth
) -> None:
    await booth.start()
    page = await open_page(page_url, viewport={"width": 360, "height": 740}, has_touch=True)
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(overflow) == 0
    await start(page)
    await wait_until_it_plays(page)
    await booth.say("L1", ["Unbreakable" * 12, "and", "more", "words" * 20])
    await booth.status(engine="down", error="http://" + "long" * 30)
    await expect(page.locator(".report")).to_contain_text("longlong")
    await expect(page.get_by_role("log")).to_contain_text("and more")
    assert await page.evaluate(overflow) == 0
    for name in ("My camera", "Sound", "Ask", "Leave"):
        box = await page.get_by_role("button", name=name, exact=True).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert box["height"] >= 40


async def test_text_can_be_read_in_the_light_and_in_the_dark(
    open_page: OpenPage, page_url: str, booth: ScriptedBooth
) -> None:
    await booth.start()
    grounds = []
    for scheme in ("light", "dark"):
        page = await open_page(page_url, color_scheme=scheme)
        await start(page)
        await booth.say(f"L-{scheme}", ["A", "red", "ball."])
        await expect(page.get_by_role("log")).to_contain_text("A red ball.")
        for selector in (".report", ".caption p", ".row p", ".row time", ".delay", ".tabs button"):
            contrast = await page.locator(selector).first.evaluate(_CONTRAST)
            assert contrast >= 4.5, f"{selector} in the {scheme}: {contrast:.1f}"
        for tone, change in (("warn", {"behind": True}), ("bad", {"engine": "down"})):
            await booth.status(**change)
            await expect(page.locator(".report")).to_have_attribute("data-tone", tone)
            contrast = await page.locator(".report").evaluate(_CONTRAST)
            assert contrast >= 4.5, f"{tone} in the {scheme}: {contrast:.1f}"
        await booth.status(behind=False, engine="up")
        grounds.append(await page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds[0] != grounds[1]
