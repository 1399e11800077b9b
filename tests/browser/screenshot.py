"""`python -m tests.browser.screenshot [FOLDER]`: the page at work, in two sizes, for the README.

Everything in it is real: all of Pressbox, the demo film, lines of the sketch engine, one question.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Page, async_playwright, expect

from tests.browser.build import chromium, ensure_built
from tests.browser.conftest import FLAGS
from tests.browser.senses import start, wait_until_it_plays
from tests.support.launched import ROOT, running
from tests.support.livekit_server import find_binary

PATIENT = 120_000
LINES = 5
SIZES = {"screenshot": (1280, 800), "screenshot-phone": (390, 844)}


async def take(page: Page, target: Path) -> None:
    """Wait until there is something to see, then write `target` (PNG)."""
    await start(page)
    await wait_until_it_plays(page)
    log = page.get_by_role("log")
    lines, answers = log.locator('[data-kind="commentary"]'), log.locator('[data-kind="answer"]')
    await expect(lines.nth(1)).to_be_visible(timeout=PATIENT)
    await page.get_by_label("Your question").fill("What colours are there?")
    await page.keyboard.press("Enter")
    await page.get_by_label("Your question").blur()
    await page.mouse.move(0, 0)
    await expect(answers).to_have_count(1, timeout=PATIENT)
    await expect(lines.nth(LINES - 1)).to_be_attached(timeout=PATIENT)
    caption = page.locator('.caption [data-running="true"][data-kind="commentary"]')
    await expect(caption.locator(".word").nth(3)).to_be_visible(timeout=PATIENT)
    await page.screenshot(path=target)


async def main(folder: Path) -> None:
    """Start everything, and take a picture of the page in each size."""
    binary, browser_path = find_binary(), chromium()
    if binary is None or browser_path is None:
        raise SystemExit("livekit-server and Chromium must be on PATH")
    ensure_built()
    with tempfile.TemporaryDirectory() as folder_of_state:
        async with (
            running(binary, Path(folder_of_state) / "state") as stack,
            async_playwright() as playwright,
        ):
            await stack.ready()
            browser = await playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
            for name, (width, height) in SIZES.items():
                page = await browser.new_page(viewport={"width": width, "height": height})
                await page.goto(stack.url)
                await take(page, folder / f"{name}.png")
                await page.close()
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs"))
