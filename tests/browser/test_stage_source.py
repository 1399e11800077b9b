"""What a person shows: screen, film, camera; and what is said where one of them cannot be had."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from livekit import rtc
from playwright.async_api import Page, expect

from config.settings import load_settings
from config.viewer_links import ViewerLinks, link
from tests.browser.conftest import FAKE_CAMERA, OpenPage
from tests.browser.scripted_booth import ScriptedBooth
from tests.browser.senses import open_tab, start, wait_until_it_plays
from tests.browser.shown import arrives, loudness, quarters, shown, wait_for
from tests.support.clips import film

CAMERA, SCREEN = rtc.TrackSource.SOURCE_CAMERA, rtc.TrackSource.SOURCE_SCREENSHARE
SOUND = rtc.TrackSource.SOURCE_SCREENSHARE_AUDIO
FAR = "box.example"
"""A name of this machine under which the browser trusts it as little as any other."""

# A camera that is unplugged ends its track, is in no list, and is the default no longer.
_PLUGS = """
(() => {
  const devices = navigator.mediaDevices;
  const [list, get] = [devices.enumerateDevices.bind(devices), devices.getUserMedia.bind(devices)];
  const gone = new Set();
  const there = async () =>
    (await list()).filter((one) => one.kind !== 'videoinput' || !gone.has(one.label));
  devices.enumerateDevices = there;
  devices.getUserMedia = async (wish) => {
    const left = (await there()).filter((one) => one.kind === 'videoinput');
    const exact = wish.video?.deviceId?.exact;
    const chosen = exact ? left.find((one) => one.deviceId === exact) : left[0];
    if (!chosen) throw new DOMException('Requested device not found', 'NotFoundError');
    return get({ ...wish, video: { ...wish.video, deviceId: { exact: chosen.deviceId } } });
  };
  window.unplug = (track) => {
    gone.add(track.label);
    track.stop();
    track.dispatchEvent(new Event('ended'));
    devices.dispatchEvent(new Event('devicechange'));
  };
  window.plugIn = () => {
    gone.clear();
    devices.dispatchEvent(new Event('devicechange'));
  };
})();
"""
_UNPLUG = "(video) => window.unplug(video.srcObject.getVideoTracks()[0])"


@pytest.fixture
def page_settings() -> dict[str, str]:
    return {"web_names": FAR}


async def enter(open_page: OpenPage, url: str, booth: ScriptedBooth) -> Page:
    await booth.start()
    page = await open_page(url)
    await start(page)
    await open_tab(page, "Source")
    return page


async def test_a_screen_then_a_film_with_its_sound_reach_the_commentator_and_stop(
    open_page: OpenPage, page_url: str, booth: ScriptedBooth, tmp_path: Path
) -> None:
    page = await enter(open_page, page_url, booth)
    assert shown(booth, CAMERA) == []
    await page.get_by_role("button", name="Screen", exact=True).click()
    await expect(page.get_by_text("You show your screen.")).to_be_visible()
    await wait_for(await arrives(booth, SCREEN), lambda frame: sum(quarters(frame)) > 50)

    old = await arrives(booth, SOUND)
    path = film(tmp_path / "match.mp4", seconds=2, size=(320, 240), sound="aac")
    await page.get_by_label("Video file").set_input_files(path)
    await expect(page.get_by_text("You show match.mp4.")).to_be_visible()
    await wait_for(
        await arrives(booth, CAMERA), lambda frame: quarters(frame)[0] > quarters(frame)[1] + 50
    )
    await wait_for(await arrives(booth, SOUND, old), lambda frame: loudness(frame) > 500)
    assert shown(booth, SCREEN) == []

    broken = tmp_path / "notes.mp4"
    broken.write_bytes(b"no film at all")
    await page.get_by_label("Video file").set_input_files(broken)
    await expect(page.get_by_text("This browser cannot play that file.")).to_be_visible()
    await page.get_by_role("button", name="Stop showing").click()
    async with asyncio.timeout(10):
        while shown(booth, CAMERA):
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    "camera_flags", [["--use-fake-device-for-media-stream=device-count=2", FAKE_CAMERA[1]]]
)
async def test_an_unplugged_camera_gives_way_to_the_next_and_the_last_one_comes_back(
    open_page: OpenPage, page_url: str, booth: ScriptedBooth
) -> None:
    page = await enter(open_page, page_url, booth)
    await page.add_init_script(_PLUGS)
    await page.goto(page_url)
    await start(page, camera=True)
    await open_tab(page, "Source")
    own, which = page.get_by_label("Your picture, live"), page.get_by_label("Which camera")
    await expect(which.locator("option")).to_have_count(2)
    before = await arrives(booth, CAMERA)
    first, second = await which.locator("option").all_text_contents()
    await own.evaluate(_UNPLUG)
    await expect(page.get_by_text(f"{first} is gone; {second} is shown now.")).to_be_visible()
    await arrives(booth, CAMERA, before)
    await expect(which).to_be_hidden()

    await own.evaluate(_UNPLUG)
    told = page.get_by_text("No camera was found. Plug one in")
    await expect(told).to_be_visible()
    await page.evaluate("window.plugIn()")
    await expect(told).to_be_hidden()
    await expect(which.locator("option")).to_have_count(2)
    await arrives(booth, CAMERA)


@pytest.mark.parametrize("camera_flags", [["--use-fake-device-for-media-stream"]])
async def test_a_refused_camera_is_told_each_time_and_shown_once_it_is_allowed(
    open_page: OpenPage, page_url: str, booth: ScriptedBooth
) -> None:
    page = await enter(open_page, page_url, booth)
    await wait_until_it_plays(page)
    camera = page.get_by_role("button", name="My camera")
    blocked = page.get_by_role("alert").filter(has_text="The camera is blocked.")
    for _ in range(2):
        await camera.click()
        await expect(blocked).to_be_visible()
        await expect(camera).to_have_attribute("aria-pressed", "false")
        await page.get_by_role("button", name="Dismiss").click()
        await expect(blocked).to_be_hidden()
    await camera.click()
    await expect(blocked).to_be_visible()
    await page.context.grant_permissions(["camera"])
    await expect(blocked).to_be_hidden()
    await expect(camera).to_have_attribute("aria-pressed", "true")
    await arrives(booth, CAMERA)


@pytest.mark.parametrize(
    "camera_flags", [[*FAKE_CAMERA, f"--host-resolver-rules=MAP {FAR} 127.0.0.1"]]
)
async def test_without_https_the_page_watches_copies_by_hand_and_says_why_no_camera(
    open_page: OpenPage, page_url: str, booth: ScriptedBooth, room_name: str, tmp_path: Path
) -> None:
    token = ViewerLinks(load_settings(cli={}, env={}, directory=tmp_path)).make(room_name, 1)
    page = await enter(open_page, link(page_url.replace("127.0.0.1", FAR), room_name, token), booth)
    assert not await page.evaluate("window.isSecureContext")
    await wait_until_it_plays(page)
    told = page.get_by_text("Browsers give the camera to https pages").first
    await page.get_by_role("button", name="My camera").click()
    await expect(told).to_be_visible()
    await expect(page.get_by_role("button", name="Screen", exact=True)).to_be_hidden()
    await open_tab(page, "Commentary")
    await booth.say("L1", ["Still", "here."])
    await page.get_by_role("button", name="Export").click()
    await page.get_by_role("button", name="Copy as text").click()
    await expect(page.get_by_text("The browser does not let the page copy.")).to_be_visible()
