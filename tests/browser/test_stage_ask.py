"""Asking in writing: what a person types arrives whole, or is refused in time, and is only text."""

from __future__ import annotations

import asyncio
from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import OpenPage, Visit
from tests.browser.scripted_booth import ScriptedBooth
from tests.browser.senses import open_tab, start

LIMIT = 1000
ARABIC = "ما هو لون الكرة؟"


async def height(box: Locator) -> float:
    found = await box.bounding_box()
    assert found is not None
    return found["height"]


async def asked(booth: ScriptedBooth) -> tuple[str, str]:
    """The next question, and who asked it."""
    return await asyncio.wait_for(booth.questions.get(), 10)


async def test_a_long_question_can_be_read_is_never_cut_and_sent_once_it_fits(
    visit: Visit, booth: ScriptedBooth
) -> None:
    page = await visit(viewport={"width": 390, "height": 844})
    box, ask = page.get_by_label("Your question"), page.get_by_role("button", name="Ask")
    low = await height(box)
    await box.press_sequentially("First line")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.insert_text("second line")
    await expect(box).to_have_value("First line\nsecond line")
    assert await height(box) > low * 1.4
    await page.keyboard.press("Enter")
    assert (await asked(booth))[0] == "First line\nsecond line"
    await expect(box).to_have_value("")
    assert await height(box) == low

    long = "word " * 220 + "end"
    await page.keyboard.insert_text(long)
    await expect(page.get_by_text(f"{len(long) - LIMIT} letters too many")).to_be_visible()
    await expect(ask).to_have_attribute("aria-disabled", "true")
    assert await height(box) > low * 2.5
    await page.keyboard.press("Enter")
    await ask.click(force=True)
    await expect(box).to_have_value(long)
    assert booth.questions.empty()
    await open_tab(page, "Source")
    await open_tab(page, "Commentary")
    await expect(box).to_have_value(long)
    await box.fill(long[-LIMIT:])
    await expect(page.get_by_text("0 letters left")).to_be_visible()
    await ask.click()
    assert (await asked(booth))[0] == long[-LIMIT:]


async def test_arabic_is_written_from_the_right(page: Page, booth: ScriptedBooth) -> None:
    box, log = page.get_by_label("Your question"), page.get_by_role("log")
    direction = "(one) => getComputedStyle(one).direction"
    await box.fill(ARABIC)
    assert await box.evaluate(direction) == "rtl"
    await page.keyboard.press("Enter")
    await booth.say("L2", ARABIC.split())
    rows = log.get_by_text(ARABIC)
    await expect(rows).to_have_count(2)
    for text in (rows.first, rows.last, page.get_by_test_id("caption")):
        assert await text.evaluate(direction) == "rtl"


async def test_suggestions_are_those_of_who_speaks_and_one_touch_asks(
    open_page: OpenPage, page_url: str, booth: ScriptedBooth
) -> None:
    await booth.start(profile="default")
    page = await open_page(page_url)
    await start(page)
    chips = page.get_by_role("list", name="Suggestions").get_by_role("button")
    usual = await chips.all_text_contents()
    choices = await (await page.request.get(f"{page_url}api/choices")).json()
    questions = {one["name"]: one["questions"] for one in choices["profiles"]}
    other = next(name for name, some in questions.items() if some and some != usual)
    await booth.status(profile=other)
    await expect(chips).to_have_text(questions[other])
    await chips.first.click()
    assert (await asked(booth))[0] == questions[other][0]


async def test_two_people_ask_and_each_sees_whose_question_and_answer_is_whose(
    open_page: OpenPage, page_url: str, booth: ScriptedBooth
) -> None:
    await booth.start()
    pages = {name: await open_page(page_url) for name in ("Ann", "Bob")}
    for name, page in pages.items():
        await page.get_by_label("Your name").fill(name)
        await start(page)
    people: dict[str, str] = {}
    for name, page in pages.items():
        await page.get_by_label("Your question").fill(f"{name} wants to know?")
        await page.get_by_role("button", name="Ask").click()
        text, people[name] = await asked(booth)
        assert text.startswith(name)
    for name in ("Bob", "Ann"):
        fields: dict[str, Any] = {"kind": "answer", "question": f"{name} wants to know?"}
        fields |= {"asker": people[name], "asker_name": name}
        await booth.line("start", name, **fields)
        await booth.line("end", name, text=f"For {name}.", **fields)
    for name, page in pages.items():
        other = "Bob" if name == "Ann" else "Ann"
        rows = page.get_by_role("log").get_by_role("article")
        await expect(rows.filter(has_text=f"{name} wants")).to_contain_text("You asked")
        await expect(rows.filter(has_text=f"{other} wants")).to_contain_text(f"{other} asked")
        await expect(rows.filter(has_text=f"For {other}.")).to_contain_text(f"Answer to {other}")
        await expect(page.get_by_role("log")).not_to_contain_text("viewer-")
        await expect(page.get_by_text("Waiting for the answer")).to_be_hidden()
