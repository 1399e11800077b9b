"""What was said: found again, filtered, taken along, and never in the way of anything else."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.scripted_booth import ScriptedBooth
from tests.browser.senses import open_tab, wait_until_it_plays

LONG = [*"abcdefghijkl", "and then the ball goes to the other side of the field"] * 5

_NOTE_PLACES = """
() => {
  const watched = ['.picture', '.toolbar', '#question'];
  window.places = Object.fromEntries(watched.map((one) => [one, []]));
  const look = () => {
    for (const one of watched) {
      const found = document.querySelector(one);
      if (found === null) continue;
      const { x, y, width, height } = found.getBoundingClientRect();
      const place = `${width}x${height} at ${x},${y}`;
      if (!window.places[one].includes(place)) window.places[one].push(place);
    }
    requestAnimationFrame(look);
  };
  look();
}
"""


@pytest.fixture
def camera_flags() -> list[str]:
    """There is a camera, and nobody allows it."""
    return ["--use-fake-device-for-media-stream"]


async def places(page: Page) -> dict[str, list[str]]:
    """Every place where picture, toolbar and ask box have been since `_NOTE_PLACES`."""
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    found: dict[str, list[str]] = await page.evaluate("window.places")
    return found


async def many(booth: ScriptedBooth, count: int, first: int = 0) -> None:
    """Lines that are over, in their order."""
    for begin in range(first, first + count, 50):
        numbers = range(begin, min(begin + 50, first + count))
        text = "This is line {} of the match."
        lines = (booth.line("end", f"M{one}", text=text.format(one)) for one in numbers)
        await asyncio.gather(*lines)


async def saved(page: Page, name: str) -> str:
    """What a button of the export menu saves."""
    async with page.expect_download() as download:
        await page.get_by_role("button", name=f"Save as {name}").click()
    path = await (await download.value).path()
    return await asyncio.to_thread(path.read_text, "utf-8")


@pytest.mark.parametrize("size", [(390, 844), (1280, 800)])
async def test_nothing_moves_while_lines_panels_menus_and_errors_come_and_go(
    visit: Visit, booth: ScriptedBooth, size: tuple[int, int]
) -> None:
    page = await visit(viewport={"width": size[0], "height": size[1]})
    await wait_until_it_plays(page)
    await page.evaluate(_NOTE_PLACES)
    steady = {one: [each[0]] for one, each in (await places(page)).items()}

    await booth.say("L1", LONG)
    await expect(page.get_by_role("log").get_by_role("article")).to_have_count(1)
    assert await places(page) == steady, "a long line"
    await page.get_by_role("button", name="My camera").click()
    await expect(page.get_by_text("The camera is blocked.")).to_be_visible()
    assert await places(page) == steady, "an error"
    await page.get_by_role("button", name="Dismiss").click()
    for tab in ("Source", "Settings", "Commentary"):
        await open_tab(page, tab)
        assert await places(page) == steady, tab
    for menu in ("Sound", "Captions", "Show", "Export"):
        await page.get_by_role("button", name=menu).click()
        await expect(page.get_by_role("group", name=menu, exact=True)).to_be_visible()
        assert await places(page) == steady, menu
    await page.keyboard.press("Escape")
    await booth.status(engine="down", error="connection refused " * 9)
    await expect(page.locator(".report")).to_contain_text("does not answer")
    await booth.line("end", "L2", text="", dropped="late")
    await open_tab(page, "Settings")
    await expect(page.get_by_text("Lines that came too late")).to_be_visible()
    await open_tab(page, "Commentary")
    assert await places(page) == steady, "a report and a line that came too late"


async def test_a_thousand_lines_stay_where_their_reader_is_until_newest_is_pressed(
    page: Page, booth: ScriptedBooth
) -> None:
    await wait_until_it_plays(page)
    await page.evaluate(_NOTE_PLACES)
    steady = {one: [each[0]] for one, each in (await places(page)).items()}
    log, newest = page.get_by_role("log"), page.get_by_role("button", name="Newest")
    await many(booth, 1000)
    await expect(log.get_by_role("article")).to_have_count(1000, timeout=60_000)
    await expect(log.get_by_text("line 999 of")).to_be_in_viewport()
    await expect(newest).to_be_hidden()

    await log.hover()
    await page.mouse.wheel(0, -3000)
    await expect(newest).to_be_visible()
    await page.wait_for_timeout(300)  # the wheel is smooth, and tells nobody when it is done
    middle = """(log) => {
      const box = log.getBoundingClientRect();
      const found = document.elementFromPoint(box.x + 90, box.y + box.height / 2);
      return found.closest('article').textContent;
    }"""
    read = await log.evaluate(middle)
    await many(booth, 20, 1000)
    await page.get_by_role("log").get_by_text("line 1019 of").wait_for(state="attached")
    assert await log.evaluate(middle) == read
    await newest.click()
    await expect(log.get_by_text("line 1019 of")).to_be_in_viewport()
    await expect(newest).to_be_hidden()
    await many(booth, 1, 1020)
    await expect(log.get_by_text("line 1020 of")).to_be_in_viewport()
    assert await places(page) == steady

    await page.get_by_label("Find in what was said").fill("LINE 530 OF")
    await expect(log.get_by_role("article")).to_have_count(1)
    await expect(newest).to_be_hidden()
    await page.get_by_label("Find in what was said").fill("")
    await expect(log.get_by_text("line 1020 of")).to_be_in_viewport()


async def test_what_was_said_is_found_filtered_copied_and_saved(
    visit: Visit, booth: ScriptedBooth
) -> None:
    page = await visit(permissions=["clipboard-read", "clipboard-write"])
    await page.get_by_label("Your question").fill("Who scored?")
    await page.keyboard.press("Enter")
    _, asker = await asyncio.wait_for(booth.questions.get(), 10)
    odd = "<b>Goal</b> --> for\n\nthe home side & all"
    answer: dict[str, Any] = {"kind": "answer", "question": "Who scored?", "asker": asker}
    await booth.line("end", "L1", text=odd)
    await booth.line("end", "X1", text="Smoke on the stand.", kind="alert", rule="smoke")
    await booth.line("start", "A1", **answer)
    await booth.line("end", "A1", text="Number nine.", **answer)
    rows = page.get_by_role("log").get_by_role("article")
    await expect(rows).to_have_count(4)

    search = page.get_by_label("Find in what was said")
    await search.fill("gOAL")
    await expect(rows).to_have_count(1)
    await search.fill("nothing of the kind")
    await expect(page.get_by_text("Nothing here matches.")).to_be_visible()
    await search.fill("")
    await page.get_by_role("button", name="Show").click()
    show = page.get_by_role("group", name="Show")
    for name, count in (("Alerts", 1), ("Commentary", 1), ("Questions and answers", 2)):
        await show.get_by_role("button", name=name).click()
        await expect(rows).to_have_count(count)
    await page.get_by_role("button", name="Export").click()
    # What is taken along is what is shown.
    assert [one["kind"] for one in json.loads(await saved(page, "JSON"))] == ["question", "answer"]
    await page.get_by_role("button", name="Show").click()
    await show.get_by_role("button", name="Everything").click()
    await page.get_by_role("button", name="Export").click()

    everything = json.loads(await saved(page, "JSON"))
    assert {one["kind"] for one in everything} == {"question", "answer", "alert", "commentary"}
    assert odd in [one["text"] for one in everything]
    text = await saved(page, "TXT")
    assert text.count("\n") == 4
    assert "You asked: Who scored?" in text
    assert "Number nine." in text
    await page.get_by_role("button", name="Copy as text").click()
    await expect(page.get_by_text("Copied.")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == text
    cues = await page.evaluate(_CUES, await saved(page, "WebVTT"))
    assert {"Smoke on the stand.", "Number nine."} < set(cues)
    assert "<b>Goal</b> --> for\nthe home side & all" in cues


# Chromium reads the file, and says what its viewers would see.
_CUES = """
async (text) => {
  const video = document.body.appendChild(document.createElement('video'));
  const track = video.appendChild(document.createElement('track'));
  track.default = true;
  track.src = URL.createObjectURL(new Blob([text]));
  track.track.mode = 'hidden';
  await new Promise((done, failed) => { track.onload = done; track.onerror = failed; });
  const cues = [...track.track.cues].map((cue) => cue.getCueAsHTML().textContent);
  video.remove();
  return cues;
}
"""
