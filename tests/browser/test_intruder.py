"""HTML in what others write, and in what the engine says, is text. A tab that reloads stays who it
was, its copy does not.
"""

from __future__ import annotations

import asyncio

from playwright.async_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.scripted_booth import ScriptedBooth
from tests.browser.senses import start

EVIL = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"


async def test_html_from_others_and_from_the_engine_is_text(
    open_page: OpenPage, page_url: str, booth: ScriptedBooth
) -> None:
    await booth.start()
    page, other = await open_page(page_url), await open_page(page_url)
    await start(page)
    await start(other)
    title = await page.title()
    await other.get_by_label("Your question").fill(EVIL)
    await other.keyboard.press("Enter")
    await booth.say("L1", [f"said {EVIL}"])
    await booth.status(source=f"source {EVIL}", error=f"error {EVIL}", engine="down")
    await expect(page.get_by_role("log")).to_contain_text(f"said {EVIL}")
    await expect(page.get_by_role("log").get_by_text(EVIL, exact=True)).to_be_visible()
    await expect(page.locator(".report")).to_contain_text(f"error {EVIL}")
    assert await page.locator("img[src=x]").count() == 0
    assert await page.title() == title


async def test_a_tab_that_reloads_stays_who_it_was_and_its_copy_does_not(
    open_page: OpenPage, page_url: str, booth: ScriptedBooth
) -> None:
    await booth.start()
    came: asyncio.Queue[str] = asyncio.Queue()
    booth.room.on("participant_connected", lambda one: came.put_nowait(one.identity))

    async def identity() -> str:
        return await asyncio.wait_for(came.get(), 10)

    page = await open_page(page_url)
    await start(page)
    first = await identity()
    await page.reload()
    assert await identity() == first
    kept = await page.evaluate("sessionStorage.getItem('pressbox.place')")
    copy = await open_page(page_url)
    await copy.evaluate("(kept) => sessionStorage.setItem('pressbox.place', kept)", kept)
    await copy.goto(f"{page_url}?copy")
    await start(copy)
    assert await identity() != first
    assert first in booth.room.remote_participants
