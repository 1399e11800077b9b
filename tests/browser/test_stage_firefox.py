"""Watching and asking in Debian's Firefox."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from tests.browser.firefox import firefox, opened
from tests.browser.scripted_booth import ScriptedBooth

pytestmark = pytest.mark.timeout(180)


async def test_firefox_watches_and_asks(
    page_url: str, booth: ScriptedBooth, tmp_path: Path
) -> None:
    path = firefox()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("no Firefox on PATH")
        pytest.skip("no Firefox on PATH")
    await booth.start()
    async with opened(path, tmp_path) as tab:
        await tab.goto(page_url)
        await tab.run("document.querySelector('.primary').click()")
        await tab.until("document.querySelector('video')?.currentTime > 1")
        await booth.say("L1", ["A", "red", "car", "stops."])
        await tab.until("document.querySelector('[role=log]').textContent.includes('car stops.')")
        await tab.run(_ASK.replace("TEXT", json.dumps("Who is there?")))
        text, _ = await asyncio.wait_for(booth.questions.get(), 10)
        assert text == "Who is there?"
        await booth.say("A1", ["Nobody."], kind="answer")
        await tab.until("document.querySelector('[data-kind=answer] p')?.textContent === 'Nobody.'")


# React hears of a value only by the setter of the element itself.
_ASK = """
(() => {
  const box = document.getElementById('question');
  const { set } = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value');
  set.call(box, TEXT);
  box.dispatchEvent(new Event('input', { bubbles: true }));
  document.querySelector('.ask .primary').click();
})()
"""
