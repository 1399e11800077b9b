"""`python -m tests.bench.page URL [SECONDS]`: a running Pressbox from a viewer's seat, in Chromium.

Prints how long the first picture takes after Watch, the sync error as the page has it, and how far
the words of the captions are from the voice that is heard.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from itertools import pairwise

from playwright.async_api import Browser, Page, async_playwright

from tests.browser.build import chromium
from tests.browser.conftest import FLAGS
from tests.browser.senses import TAP, open_tab, start

STARTS = 6
LOUD = 0.012
"""RMS from which on the voice is heard."""

Look = tuple[float, float, int, str]
"""Milliseconds, loudness, words on display, how the line begins."""

_WATCH = """
() => {
  window.looks = [];
  setInterval(() => {
    const words = [...document.querySelectorAll('[data-testid=caption] .word')];
    const begins = words[0]?.textContent ?? '';
    window.looks.push([performance.now(), window.heard(), words.length, begins]);
  }, 20);
}
"""
_POINTS = "() => [...document.querySelectorAll('.chart circle')].map((one) => one.cy.baseVal.value)"


async def enter(browser: Browser, url: str) -> tuple[Page, float]:
    """A page that shows a picture, and the seconds from the click until it did."""
    page = await (await browser.new_context(viewport={"width": 1280, "height": 800})).new_page()
    await page.add_init_script(TAP)
    await page.goto(url)
    clicked = time.monotonic()
    await start(page)
    await page.wait_for_function("() => document.querySelector('video')?.currentTime > 0")
    return page, time.monotonic() - clicked


def lines(looks: Sequence[Look]) -> list[list[Look]]:
    """The looks of each line, from its first word on."""
    found: list[list[Look]] = [[]]
    for before, look in pairwise(looks):
        if look[2] < before[2] or look[3] != before[3]:
            found.append([])
        found[-1].append(look)
    return [one for one in found if one and one[-1][2] >= 3]


def words_ahead(line: Sequence[Look]) -> list[float]:
    """Words on display beyond those of an even speech, at its quarters."""
    heard = [look for look in line if look[1] > LOUD]
    if len(heard) < 15:
        return []
    begin, end, count = heard[0][0], heard[-1][0], line[-1][2]
    shown = {
        part: max((look[2] for look in line if look[0] <= begin + (end - begin) * part), default=0)
        for part in (0.25, 0.5, 0.75)
    }
    return [seen - part * count for part, seen in shown.items()]


def told(name: str, values: Sequence[float], unit: str) -> None:
    """Print quantiles."""
    ordered = sorted(values)
    parts = (0.01, 0.05, 0.5, 0.95, 0.99)
    at = {part: ordered[min(int(part * len(ordered)), len(ordered) - 1)] for part in parts}
    said = ", ".join(f"p{part * 100:g} {value:.2f}" for part, value in at.items())
    print(f"{name}, {unit}: {said} (n={len(ordered)})")


async def main(url: str, seconds: float) -> None:
    """Measure and print."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=FLAGS, ignore_default_args=["--mute-audio"]
        )
        starts = []
        for _ in range(STARTS):
            page, took = await enter(browser, url)
            starts.append(took)
            if len(starts) < STARTS:
                await page.context.close()
        told("first picture after Watch", starts, "s")
        await page.evaluate(_WATCH)
        await open_tab(page, "Settings")
        await asyncio.sleep(seconds)
        points = await page.evaluate(_POINTS)
        if points:
            # As web/ui/src/components/settings/SyncChart.tsx draws it.
            told("sync error by the page", [(36 - y) / 33 * 150 for y in points], "ms")
        looks = await page.evaluate("() => window.looks")
        ahead = [one for line in lines(looks) for one in words_ahead(line)]
        if ahead:
            told("captions ahead of the voice", ahead, "words")
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 200.0))
