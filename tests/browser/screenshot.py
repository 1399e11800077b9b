"""`python -m tests.browser.screenshot [FILE]`: a picture of the page at work, for the README.

Everything in it is real: all of Pressbox, the demo film, lines of the sketch engine, one question.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Page, async_playwright, expect

from tests.browser.build import chromium, ensure_built
from tests.browser.senses import start, wait_until_it_plays
from tests.browser.stack import ROOT, running
from tests.support.livekit_server import find_binary

PATIENT = 120_000
LINES = 5


async def take(page: Page, target: Path) -> None:
    """Wait until there is something to see, then write `target` (PNG)."""
    await page.get_by_label("Show my camera").uncheck()
    await start(page)
    await wait_until_it_plays(page)
    log = page.get_by_role("log")
    await expect(log.locator(".spoken")).to_have_count(2, timeout=PATIENT)
    await page.get_by_label("Your question").fill("What colours are there?")
    await page.keyboard.press("Enter")
    await expect(log.locator('[data-kind="answer"]')).to_have_count(1, timeout=PATIENT)
    await expect(log.locator(".spoken").nth(LINES - 1)).to_be_visible(timeout=PATIENT)
    caption = page.locator('.caption[data-running="true"][data-kind="commentary"]')
    await expect(caption.locator(".word").nth(3)).to_be_visible(timeout=PATIENT)
    await page.get_by_label("Delayed picture").hover()
    await page.screenshot(path=target)


async def main(target: Path) -> None:
    """Start everything, open the page at 1280x800, take the picture."""
    binary, browser_path = find_binary(), chromium()
    if binary is None or browser_path is None:
        raise SystemExit("livekit-server and Chromium must be on PATH")
    ensure_built()
    with tempfile.TemporaryDirectory() as folder, running(binary, Path(folder)) as stack:
        await stack.ready()
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"]
            )
            page = await browser.new_page(viewport={"width": 1280, "height": 800})
            await page.goto(stack.url)
            await take(page, target)
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshot.png"))
