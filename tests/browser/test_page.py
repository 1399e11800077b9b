"""The page in a room with a commentator that follows a script."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.scripted_booth import ScriptedBooth
from tests.browser.senses import (
    brightness,
    delayed_picture,
    open_tab,
    start,
    wait_until_heard,
    wait_until_it_plays,
)
from tests.support.until import until

_NO_STREAMS = """
for (const one of [RTCRtpReceiver, RTCRtpSender]) delete one.prototype.createEncodedStreams;
"""


async def test_the_delayed_picture_plays_and_says_how_late_it_is_where_that_can_be_measured(
    open_page: OpenPage, page_url: str, booth: ScriptedBooth
) -> None:
    await booth.start()
    page = await open_page(page_url)
    await page.add_init_script(_NO_STREAMS)
    await page.reload()
    await start(page)
    await wait_until_it_plays(page)
    assert await brightness(delayed_picture(page)) > 40
    await expect(page.get_by_test_id("delay")).to_have_text("2.4 s behind")
    await booth.status(delay=0)
    await expect(page.get_by_test_id("delay")).to_have_text("live")
    await open_tab(page, "Settings")
    await expect(page.get_by_test_id("sync")).to_have_text("this browser cannot measure it")


_STAYS = """
([low, high]) => {
  const loud = window.heard();
  window.looks = loud >= low && loud < high ? (window.looks ?? 0) + 1 : 0;
  if (window.looks < 20) return false;
  window.looks = 0;
  return true;
}
"""


async def test_the_voice_is_heard_and_can_be_muted_and_turned_down(
    page: Page, booth: ScriptedBooth
) -> None:
    booth.hum(True)
    await page.wait_for_function(_STAYS, arg=[0.2, 1])
    await page.get_by_role("button", name="Sound", exact=True).click()
    mute = page.get_by_role("button", name="Mute: Voice")
    await mute.click()
    await expect(mute).to_have_attribute("aria-pressed", "true")
    await page.wait_for_function(_STAYS, arg=[0, 0.001])
    await mute.click()
    await page.wait_for_function(_STAYS, arg=[0.2, 1])
    await page.get_by_label("Volume: Voice").fill("30")
    await page.wait_for_function(_STAYS, arg=[0.02, 0.15])


async def test_captions_grow_word_by_word_and_stay_cut_off_or_whole_in_the_list(
    page: Page, booth: ScriptedBooth
) -> None:
    caption, log = page.get_by_test_id("caption"), page.get_by_role("log")
    await booth.line("start", "L1")
    writer = await booth.words("L1")
    await writer.write("A red ")
    await expect(caption).to_have_text("A red")
    await writer.write("ball ")
    await expect(caption).to_have_text("A red ball")
    await expect(log.locator(".row")).to_have_count(0)
    await writer.write("crosses.")
    await writer.aclose()
    await booth.line("end", "L1", text="A red ball crosses.")
    await expect(log.locator(".row")).to_have_count(1)
    await expect(log).to_contain_text("A red ball crosses.")
    await booth.line("start", "L2")
    writer = await booth.words("L2")
    await writer.write("The lights ")
    await writer.aclose()
    await booth.line("end", "L2", text="The lights", dropped="interrupted")
    await booth.line("end", "L3", text="Nobody hears this.", dropped="late")
    await expect(log).to_contain_text("interrupted")
    await expect(log).not_to_contain_text("Nobody hears this.")
    await open_tab(page, "Settings")
    await expect(page.get_by_text("Lines that came too late")).to_be_visible()


async def test_leaving_ends_the_visit_and_starting_again_works(
    page: Page, booth: ScriptedBooth
) -> None:
    await until(lambda: booth.room.remote_participants)
    await page.get_by_role("button", name="Leave").click()
    await expect(page.get_by_role("button", name="Watch", exact=True)).to_be_focused()
    await until(lambda: not booth.room.remote_participants)
    await start(page)
    await wait_until_it_plays(page)


_TELL_OF_NOTICES = """
new MutationObserver(() => {
  if (document.querySelector('.notice')) console.info('a notice');
}).observe(document, { childList: true, subtree: true });
"""


async def test_sound_that_the_browser_holds_back_needs_one_more_click(
    page: Page, booth: ScriptedBooth
) -> None:
    booth.hum(True)
    await wait_until_heard(page)
    # A page that comes back by itself has no click. Whatever Playwright asks of it counts as one.
    await page.add_init_script(_TELL_OF_NOTICES)
    async with page.expect_console_message(lambda one: one.text == "a notice"):
        await page.reload()
    allow = page.get_by_role("button", name="Turn the sound on")
    await allow.click()
    await expect(allow).to_be_hidden()
    await wait_until_heard(page)
