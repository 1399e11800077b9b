"""A person, a browser, and all of Pressbox as `make run` starts it: nothing here is a fake."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.senses import (
    delayed_picture,
    handle,
    open_tab,
    start,
    wait_until_heard,
    wait_until_it_plays,
)
from tests.support.clips import film
from tests.support.launched import Running
from tests.support.procfs import descendants

pytestmark = pytest.mark.timeout(240)

PATIENT = 45_000
"""Milliseconds."""

_WITHOUT = (
    "window.kept = RTCPeerConnection; delete RTCPeerConnection; delete webkitRTCPeerConnection"
)
_NO_WAY_THROUGH = """
window.kept = RTCPeerConnection;
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(wish) { super({ ...wish, iceTransportPolicy: 'relay' }); }
  setConfiguration(wish) { super.setConfiguration({ ...wish, iceTransportPolicy: 'relay' }); }
};
"""
_MOVES = """
async (picture) => {
  const look = () => {
    const canvas = new OffscreenCanvas(64, 36);
    const context = canvas.getContext('2d');
    context.drawImage(picture, 0, 0, 64, 36);
    return context.getImageData(0, 0, 64, 36).data.join();
  };
  const before = look();
  while (look() === before) await new Promise((done) => setTimeout(done, 50));
}
"""


_GREEN = """
([video, green]) => {
  const context = new OffscreenCanvas(1, 1).getContext('2d');
  context.drawImage(video, 0, 0, 1, 1);
  const [r, g, b] = context.getImageData(0, 0, 1, 1).data;
  return green === (g > 2 * r && g > 2 * b);
}
"""
"""Chromium's fake camera is green all over; the demo film never is."""


async def visit(open_page: OpenPage, stack: Running, before: str = "") -> Page:
    """Go in, after that script."""
    page = await open_page(stack.url)
    page.set_default_timeout(PATIENT)
    await page.add_init_script(before)
    await page.goto(stack.url)
    await start(page)
    return page


async def wait_until_green(page: Page, green: bool) -> None:
    video = await handle(delayed_picture(page))
    await page.wait_for_function(_GREEN, arg=[video, green], timeout=PATIENT)


async def ask(page: Page) -> None:
    """A question, and its answer."""
    await page.get_by_label("Your question").fill("What colours are there?")
    await page.keyboard.press("Enter")
    question = page.locator("[data-kind=question]").filter(has_text="You asked")
    await expect(question).to_have_attribute("data-state", "answered", timeout=PATIENT)
    await expect(page.locator("[data-kind=answer] p").last).not_to_be_empty(timeout=PATIENT)


async def test_the_film_is_shown_late_commented_on_and_asked_about_until_a_camera_takes_over(
    open_page: OpenPage, stack: Running
) -> None:
    page = await visit(open_page, stack)
    await wait_until_it_plays(page)
    await expect(page.get_by_test_id("delay")).to_contain_text("s behind", timeout=PATIENT)
    await wait_until_heard(page)
    await ask(page)
    await page.get_by_role("button", name="My camera").click()
    report = page.locator(".report")
    await expect(report).to_contain_text("your picture", timeout=PATIENT)
    await wait_until_green(page, True)
    await page.get_by_role("button", name="My camera").click()
    await expect(report).to_contain_text("demo", timeout=PATIENT)
    await wait_until_green(page, False)


async def test_what_one_steers_all_see_and_what_is_wrong_the_booth_says(
    open_page: OpenPage, stack: Running
) -> None:
    pages = [await visit(open_page, stack) for _ in range(2)]
    for one in pages:
        await open_tab(one, "Settings")
    page, other = pages
    await page.get_by_label("Only answers").click()
    await expect(other.get_by_label("Only answers")).to_be_checked()
    await expect(other.locator(".report")).to_contain_text("answers when asked")
    await page.get_by_role("combobox", name="Who speaks").select_option("match")
    await expect(other.get_by_role("combobox", name="Who speaks")).to_have_value("match")
    await page.get_by_label("What to talk about").fill("the goalkeeper")
    await page.keyboard.press("Enter")
    await expect(other.get_by_label("What to talk about")).to_have_value("the goalkeeper")
    await page.get_by_role("combobox", name="Lines").select_option("Brief")
    await expect(other.get_by_role("combobox", name="Lines")).to_have_value("brief")

    wrong = {"schedule": "once in a blue moon"}
    said = await (await page.request.post(f"{stack.url}api/settings", data=wrong)).json()
    await page.get_by_text("More", exact=True).click()
    await page.get_by_label("When it talks").fill(wrong["schedule"])
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert").filter(has_text=said["error"])).to_be_visible()

    when = "somebody comes in"
    await page.get_by_label("Tell me when…").fill(when)
    await page.get_by_role("button", name="Add alert").click()
    row = other.get_by_role("list", name="Alerts").get_by_role("listitem")
    await expect(row).to_contain_text(when, timeout=PATIENT)
    await page.get_by_label(when, exact=True).click()
    await expect(other.get_by_label(when, exact=True)).not_to_be_checked(timeout=PATIENT)
    await page.get_by_role("button", name=f"Remove alert {when}").click()
    await expect(row).to_have_count(0, timeout=PATIENT)
    await page.get_by_role("radio", name="Talks").click()
    await expect(other.get_by_role("radio", name="Talks")).to_be_checked()


async def test_an_address_is_looked_at_added_watched_and_removed_again_or_refused(
    open_page: OpenPage, stack: Running, tmp_path: Path
) -> None:
    film(tmp_path / "clip.mp4", seconds=2, size=(320, 240))
    app = web.Application()
    app.router.add_static("/", tmp_path)
    page = await visit(open_page, stack)
    await open_tab(page, "Source")
    form = page.get_by_role("form", name="Add a camera or stream")
    error = form.get_by_role("alert")

    async def enter(address: str, token: str, button: str = "Add it") -> None:
        for label, value in (("Address", address), ("Name", "clip"), ("Admin token", token)):
            await page.get_by_label(label, exact=True).fill(value)
        await page.get_by_role("button", name=button).click()

    await enter("clip.mp4", "not the token")
    await expect(error).to_contain_text("token")
    await enter("test", stack.admin_token)
    await expect(error).to_contain_text("from the page")
    row = page.get_by_role("listitem").filter(has_text="clip")
    await enter("http://169.254.169.254/?password=hunter2", stack.admin_token)
    await expect(row).to_contain_text("Does not work", timeout=PATIENT)
    await page.get_by_role("button", name="Remove clip").click()
    await expect(row).to_have_count(0)
    stored = await page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])")
    assert stack.admin_token not in stored
    assert "hunter2" not in await page.content()
    async with TestServer(app) as server:
        url = str(server.make_url("/clip.mp4"))
        await enter(url, stack.admin_token, "Look what is there")
        await expect(page.get_by_text("320\u00d7240")).to_be_visible(timeout=PATIENT)
        await expect(row).to_have_count(0)
        await page.get_by_role("button", name="Add it").click()
        await expect(row).to_contain_text("Live", timeout=PATIENT)
        await expect(error).to_be_hidden()
        await page.get_by_role("combobox", name="What to watch").select_option("clip")
        await expect(page.locator(".report")).to_contain_text("Watching clip", timeout=PATIENT)
        await page.get_by_role("button", name="Remove clip").click()
        await expect(row).to_have_count(0)
    await page.get_by_role("combobox", name="What to watch").select_option("")
    await expect(page.locator(".report")).to_contain_text("Watching demo", timeout=PATIENT)


async def test_a_commentator_that_is_killed_is_missed_and_the_next_one_watches_on(
    open_page: OpenPage, stack: Running
) -> None:
    page = await visit(open_page, stack)
    await wait_until_it_plays(page)
    report = page.locator(".report")
    worker = stack.children()["agent"]
    for one in (worker, *descendants(worker)):
        os.kill(one, signal.SIGKILL)
    await expect(report).to_contain_text("The commentator has stopped.", timeout=PATIENT)
    await expect(report).not_to_contain_text("The commentator has", timeout=PATIENT)
    await wait_until_it_plays(page)


@pytest.mark.parametrize("way", [_WITHOUT, _NO_WAY_THROUGH], ids=["no API", "no way through"])
async def test_without_webrtc_all_comes_by_http_until_webrtc_is_tried_again(
    open_page: OpenPage, stack: Running, way: str
) -> None:
    page = await visit(open_page, stack, way)
    told = page.get_by_text("WebRTC does not work here")
    await expect(told).to_be_visible()
    await asyncio.wait_for(page.get_by_alt_text("Delayed picture").evaluate(_MOVES), 45)
    await wait_until_heard(page)
    await expect(page.get_by_test_id("caption")).to_have_attribute(
        "data-running", "true", timeout=PATIENT
    )
    await ask(page)
    await expect(page.get_by_role("button", name="My camera")).to_be_disabled()

    await page.evaluate("() => { window.RTCPeerConnection = window.kept; }")
    await page.get_by_role("button", name="Try WebRTC again").click()
    await expect(told).to_be_hidden(timeout=PATIENT)
    await wait_until_it_plays(page)
    await wait_until_heard(page)
    await expect(page.locator("[data-kind=question]").filter(has_text="You asked")).to_have_count(1)
