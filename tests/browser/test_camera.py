"""The user's own camera: shown, switched off, refused."""

from __future__ import annotations

import asyncio

import pytest
from livekit import rtc
from playwright.async_api import expect

from tests.browser.conftest import OpenPage, Visit
from tests.browser.scripted_booth import ScriptedBooth
from tests.browser.senses import open_tab, start, wait_until_it_plays
from tests.support.until import until

_KEEP_CONNECTIONS = """
window.connections = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) {
    super(...given);
    window.connections.push(this);
  }
};
"""
_RECEIVED_VIDEOS = """
async () => {
  const stats = await Promise.all(window.connections.map((one) => one.getStats()));
  return stats
    .flatMap((one) => [...one.values()])
    .filter((one) => one.type === 'inbound-rtp' && one.kind === 'video').length;
}
"""


def cameras(booth: ScriptedBooth) -> list[str]:
    """Identities of those who show a camera in the room."""
    return [
        participant.identity
        for participant in booth.room.remote_participants.values()
        for publication in participant.track_publications.values()
        if publication.source == rtc.TrackSource.SOURCE_CAMERA and not publication.muted
    ]


async def test_the_camera_is_shown_switched_off_and_on_again(
    visit: Visit, booth: ScriptedBooth
) -> None:
    page = await visit(camera=True)
    button = page.get_by_role("button", name="My camera")
    await open_tab(page, "Source")
    await expect(button).to_have_attribute("aria-pressed", "true")
    await expect(page.get_by_label("Your picture, live")).to_be_visible()
    await until(lambda: len(cameras(booth)) == 1)
    await button.click()
    await until(lambda: len(cameras(booth)) == 0)
    await expect(button).to_have_attribute("aria-pressed", "false")
    await expect(page.get_by_label("Your picture, live")).to_be_hidden()
    await button.click()
    await until(lambda: len(cameras(booth)) == 1)
    await expect(button).to_have_attribute("aria-pressed", "true")
    (visitor,) = booth.room.remote_participants.values()
    assert visitor.attributes["pressbox.viewer"] == "1"
    await booth.status(source=visitor.identity)
    await expect(page.get_by_text("Watching your picture")).to_be_visible()


async def test_only_the_commentator_is_subscribed_to(
    open_page: OpenPage, page_url: str, booth: ScriptedBooth
) -> None:
    await booth.start()
    page, other = await open_page(page_url), await open_page(page_url)
    await page.add_init_script(_KEEP_CONNECTIONS)
    await page.reload()
    await start(page, camera=True)
    await start(other, camera=True)
    await until(lambda: len(cameras(booth)) == 2)
    await wait_until_it_plays(page)
    assert await page.evaluate(_RECEIVED_VIDEOS) == 1


@pytest.mark.parametrize(
    "camera_flags",
    [["--use-fake-device-for-media-stream=device-count=2", "--use-fake-ui-for-media-stream"]],
)
async def test_one_of_several_cameras_can_be_chosen(visit: Visit) -> None:
    page = await visit(camera=True)
    await open_tab(page, "Source")
    choice = page.get_by_label("Which camera")
    await expect(choice.locator("option")).to_have_count(2)
    second = await choice.locator("option").nth(1).get_attribute("value")
    assert second
    await choice.select_option(second)
    await expect(choice).to_have_value(second)
    own = page.get_by_label("Your picture, live")
    device = "(video) => video.srcObject.getVideoTracks()[0].getSettings().deviceId"
    async with asyncio.timeout(10):
        while await own.evaluate(device) != second:
            await asyncio.sleep(0.05)
