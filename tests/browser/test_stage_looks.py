"""How it looks: nothing for axe to find, and room for picture and question in every window."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import FloatRect, Locator, Page, expect

from tests.browser.conftest import OpenPage, Visit
from tests.browser.scripted_booth import ScriptedBooth
from tests.browser.senses import open_tab, start, wait_until_it_plays

AXE = (Path(__file__).parents[2] / "web/ui/node_modules/axe-core/axe.min.js").read_text("utf-8")
PHONE, DESK = (390, 844), (1280, 800)
LOOKS: tuple[tuple[Literal["light", "dark"], tuple[int, int]], ...] = (
    ("light", DESK),
    ("dark", PHONE),
)

_FINDINGS = """
async () => {
  const values = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'];
  const { violations } = await axe.run(document, { runOnly: { type: 'tag', values } });
  return violations.flatMap(({ id, nodes }) => nodes.map((one) => `${id}: ${one.target}`));
}
"""

_COUNT_MOVES = """
() => {
  window.moves = 0;
  for (const one of ['animationstart', 'transitionrun']) {
    addEventListener(one, () => { window.moves += 1; });
  }
}
"""


@pytest.fixture
def camera_flags() -> list[str]:
    """There is a camera, and nobody allows it."""
    return ["--use-fake-device-for-media-stream"]


async def findings(page: Page, state: str) -> list[str]:
    """What axe finds, on a desk by day and on a phone by night."""
    found: list[str] = []
    for scheme, (width, height) in LOOKS:
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await page.set_viewport_size({"width": width, "height": height})
        every: list[str] = await page.evaluate(_FINDINGS)
        found += [f"{state}, {scheme}, {width} px: {one}" for one in every]
    return found


async def box(one: Locator) -> FloatRect:
    found = await one.bounding_box()
    assert found is not None
    return found


async def overflow(page: Page) -> float:
    """Pixels by which the page is wider than its window."""
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    found: float = await page.evaluate(wide)
    return found


async def test_axe_finds_nothing_in_any_state(
    open_page: OpenPage, page_url: str, booth: ScriptedBooth
) -> None:
    await booth.start()
    page = await open_page(page_url)
    await page.evaluate(AXE)
    found = await findings(page, "start")
    await start(page)
    await wait_until_it_plays(page)
    log = page.get_by_role("log").get_by_role("article")
    found += await findings(page, "empty")
    answer: dict[str, Any] = {"kind": "answer", "question": "Who?", "asker": "camera-1"}
    await booth.line("start", "A1", **answer)
    await booth.line("end", "A1", text="Number nine.", **answer)
    await booth.line("end", "X1", text="Smoke.", kind="alert")
    await booth.send("lk.chat", "From now on: brief.")
    await booth.say("L1", ["The", "ball", "rolls."])
    await booth.line("start", "L2")
    await booth.line("end", "L2", text="It was", dropped="interrupted")
    await expect(log).to_have_count(6)
    await page.get_by_label("Your question").fill("word " * 220)
    found += await findings(page, "said")
    for menu in ("Sound", "Captions", "Show", "Export"):
        await page.get_by_role("button", name=menu).click()
        found += await findings(page, menu)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Share").click()
    found += await findings(page, "share")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="My camera").click()
    await expect(page.get_by_text("The camera is blocked.")).to_be_visible()
    await open_tab(page, "Source")
    found += await findings(page, "source, with an error")
    await booth.status(engine="down", error="connection refused")
    await open_tab(page, "Settings")
    await page.get_by_text("More", exact=True).click()
    await page.get_by_label("Tell me when…").fill("somebody comes in")
    await page.get_by_role("button", name="Add alert").click()
    await page.get_by_role("button", name="Remove alert somebody comes in").wait_for()
    found += await findings(page, "settings")
    assert found == []


@pytest.mark.parametrize("size", [(320, 568), (844, 390), DESK])
async def test_question_and_picture_are_in_the_window_and_nothing_sticks_out(
    open_page: OpenPage, page_url: str, booth: ScriptedBooth, size: tuple[int, int]
) -> None:
    await booth.start()
    width, height = size
    page = await open_page(page_url, viewport={"width": width, "height": height})
    assert await overflow(page) == 0
    await start(page)
    await wait_until_it_plays(page)
    await booth.say("L1", ["Unbreakable" * 12, *["word"] * 30])
    buttons = [
        page.get_by_role("button", name=name, exact=True)
        for name in ("My camera", "Sound", "Ask", "Leave")
    ]
    await booth.status(engine="down", error="http://" + "long" * 30)
    await expect(page.locator(".report")).to_contain_text("longlong")
    for one in (page.get_by_label("Your question"), *buttons):
        place = await box(one)
        assert place["y"] >= 0
        assert place["y"] + place["height"] <= height
        assert place["x"] + place["width"] <= width
        assert place["height"] >= 40
    if size == (844, 390):
        assert (await box(page.locator(".picture")))["width"] >= 480
    for tab in ("Commentary", "Source", "Settings"):
        await open_tab(page, tab)
        assert await overflow(page) == 0, tab
        panel = page.get_by_role("tabpanel")
        inside = (
            "(one) => [one, ...one.children].every((each) => each.scrollWidth <= each.clientWidth)"
        )
        assert await panel.evaluate(inside), tab


@pytest.mark.parametrize(("size", "share"), [(PHONE, 0.45), (DESK, 0)])
async def test_an_upright_picture_fills_its_place_and_nothing_is_animated_where_not_wanted(
    visit: Visit, booth: ScriptedBooth, size: tuple[int, int], share: float
) -> None:
    booth.size = (180, 320)
    viewport = {"width": size[0], "height": size[1]}
    page = await visit(viewport=viewport, reduced_motion="reduce")
    await wait_until_it_plays(page)
    frame = await box(page.locator(".picture"))
    high = min(frame["height"], frame["width"] * 16 / 9)
    assert high * high * 9 / 16 >= share * frame["width"] * frame["height"]
    if size == DESK:
        assert high == pytest.approx(frame["height"], abs=1)
        assert high >= 0.7 * (await box(page.get_by_role("main")))["height"]
    await page.evaluate(_COUNT_MOVES)
    await booth.say("L1", ["Nothing", "flies", "in."])
    await expect(page.get_by_role("log")).to_contain_text("Nothing flies in.")
    await open_tab(page, "Settings")
    assert await page.evaluate("window.moves") == 0
