"""What the viewer is told when something is not as it should be."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.conftest import OpenPage, Visit
from tests.browser.scripted_booth import ScriptedBooth
from tests.browser.senses import delayed_picture, start, wait_until_it_plays
from tests.browser.test_camera import cameras
from tests.support.livekit_server import LiveKitServer
from tests.support.until import until


async def test_a_commentator_that_died_is_replaced_by_its_successor(
    visit: Visit,
    booth: ScriptedBooth,
    livekit_server: LiveKitServer,
    room_name: str,
) -> None:
    page = await visit()
    await wait_until_it_plays(page)
    successor = ScriptedBooth(livekit_server, room_name, "agent-successor")
    try:
        await successor.start(source="camera-2")
        await expect(page.get_by_text("Watching camera-2")).to_be_visible()
        await booth.room.disconnect()
        await expect(delayed_picture(page)).to_have_count(1)
        await wait_until_it_plays(page)
    finally:
        await successor.aclose()


async def test_a_server_that_is_away_is_named_and_start_can_be_tried_again(
    open_page: OpenPage, page_url: str, livekit_server: LiveKitServer
) -> None:
    livekit_server.kill()
    page = await open_page(page_url)
    await page.get_by_role("button", name="Watch", exact=True).click()
    alert = page.get_by_role("alert").filter(has_text="No connection to LiveKit")
    await expect(alert).to_contain_text(livekit_server.url)
    livekit_server.start()
    await livekit_server.ready()
    await page.get_by_role("button", name="Try again").click()
    await page.get_by_role("button", name="Leave").wait_for()


async def test_a_restarted_server_brings_page_and_camera_back_by_themselves(
    open_page: OpenPage, page_url: str, livekit_server: LiveKitServer, booth: ScriptedBooth
) -> None:
    page = await open_page(page_url)
    await start(page, camera=True)
    await expect(page.get_by_role("button", name="My camera")).to_have_attribute(
        "aria-pressed", "true"
    )
    livekit_server.kill()
    await expect(page.get_by_text("Not connected")).to_be_visible(timeout=30_000)
    livekit_server.start()
    await livekit_server.ready()
    await booth.start()
    await expect(page.get_by_text("Watching camera-1")).to_be_visible(timeout=60_000)
    await until(lambda: len(cameras(booth)) == 1)
