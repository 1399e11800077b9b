"""The compose file, unchanged, from a person's seat. The tests build on one another, in this order.

What they print (seconds to the first words, sync, silences) stands in docs/containers.md.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from statistics import median

import aiohttp
import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.senses import open_tab, start, wait_until_heard, wait_until_it_plays
from tests.containers.stack import IMAGES, Compose, docker, film, told

pytestmark = pytest.mark.timeout(600)

PATIENT = 90_000
"""Milliseconds: nothing here is about speed."""
OURS = ("worker", "dispatch", "web", "ingress", "engine")
ALL = (*OURS, "livekit", "redis")
CAMERA_PASSWORD = "s3cret-of-the-camera"

# When it was loud, in Unix ms.
_LISTEN = """
() => {
  window.loud = [];
  setInterval(() => heard() > 0.012 && loud.push(Date.now()), 50);
}
"""
_POINTS = "() => [...document.querySelectorAll('.chart circle')].map((one) => one.cy.baseVal.value)"


async def visit(open_page: OpenPage, compose: Compose, room: str = "lobby") -> Page:
    """Open the page once it is there, go in, and hear the commentator."""
    await compose.until("health", bool)
    page = await open_page(f"{compose.url}?room={room}")
    page.set_default_timeout(PATIENT)
    await start(page)
    await wait_until_it_plays(page)
    await wait_until_heard(page)
    return page


async def silence(page: Page, since: float) -> float:
    """The longest pause of the voice from `since` on (Unix s), in s, once it has come back."""
    later = time.time() * 1000
    await page.wait_for_function(
        "(later) => loud.filter((at) => at > later).length > 60", arg=later
    )
    loud: list[float] = await page.evaluate("loud")
    times = [since, *(at / 1000 for at in loud if at / 1000 > since)]
    return max(after - before for before, after in pairwise(times))


async def test_one_command_and_one_address(open_page: OpenPage, compose: Compose) -> None:
    began = time.monotonic()
    told("up", compose.up())
    page = await visit(open_page, compose)
    told("up to the first words, page and browser included", time.monotonic() - began)
    await open_tab(page, "Settings")
    await expect(page.get_by_test_id("sync")).to_contain_text("ms", timeout=PATIENT)
    await page.wait_for_function(f"() => ({_POINTS})().length > 7")
    # As web/ui/src/components/settings/SyncChart.tsx draws it.
    errors = [(36 - y) / 33 * 150 for y in await page.evaluate(_POINTS)]
    told(f"sync, median of {len(errors)} lines", median(errors), "ms")
    await open_tab(page, "Commentary")
    await page.get_by_label("Your question").fill("What colours are there?")
    await page.keyboard.press("Enter")
    answer = page.get_by_role("log").locator('[data-kind="answer"] p')
    await expect(answer).not_to_be_empty(timeout=PATIENT)


@pytest.mark.parametrize("service", ALL)
def test_nobody_is_root_and_nothing_is_writable(compose: Compose, service: str) -> None:
    (container,) = compose.containers(service)
    found = compose.inspect(container)
    host = found["HostConfig"]
    assert found["Config"]["User"] == "10001:10001"
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert docker("exec", container, "id", "-u").strip() != "0"
    with pytest.raises(RuntimeError, match="Read-only file system"):
        docker("exec", container, "sh", "-c", "echo x >/etc/x")


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_holds_what_runs_and_no_more(compose: Compose, image: str) -> None:
    script = "ls /app; find /app /opt /usr -name pip -o -name .env; true"
    listed = docker("run", "--rm", "--entrypoint", "sh", f"pressbox/{image}:test", "-c", script)
    assert not {"tests", "docs", "requirements", ".git"} & set(listed.split())
    assert "/" not in listed
    size = int(docker("image", "inspect", "-f", "{{.Size}}", f"pressbox/{image}:test"))
    told(f"image {image}", size / 1e6, "MB unpacked")


async def test_a_source_of_the_same_network(compose: Compose, tmp_path: Path) -> None:
    film(tmp_path / "film.mp4")
    network = f"{compose.project}_default"
    serve = ["python", "-m", "http.server", "8000", "-d", "/film"]
    mount = ["-v", f"{tmp_path}:/film:ro", "--network", network, "--network-alias", "camera"]
    camera = docker("run", "-d", "--rm", *mount, "pressbox/worker:test", *serve).strip()
    try:
        url = f"http://viewer:{CAMERA_PASSWORD}@camera:8000/film.mp4"
        wanted = {"url": url, "name": "gate", "room": "yard"}
        await compose.ask("POST", "api/sources", wanted, admin=True)
        live = lambda found: [one["state"] for one in found["sources"]] == ["live"]  # noqa: E731
        await compose.until("api/sources?room=yard", live, admin=True)
        # Its commentator would take one of the places that a worker needs which is left alone.
        await compose.ask("DELETE", "api/sources/gate?room=yard", admin=True)
    finally:
        docker("kill", camera)


@pytest.mark.parametrize("service", ALL)
async def test_who_is_killed_comes_back(
    open_page: OpenPage, compose: Compose, service: str
) -> None:
    page = await visit(open_page, compose)
    await page.evaluate(_LISTEN)
    await silence(page, time.time())
    (container,) = compose.containers(service)
    started = compose.inspect(container)["State"]["StartedAt"]
    killed = time.time()
    compose.kill(container)
    await compose.back(container, started)
    told(f"{service} killed: back after", time.time() - killed)
    told(f"{service} killed: silence", await silence(page, killed))


async def test_a_busy_engine_stops_in_time(open_page: OpenPage, compose: Compose) -> None:
    page = await visit(open_page, compose)
    await wait_until_heard(page)
    for service in OURS:
        (container,) = compose.containers(service)
        began = time.monotonic()
        compose("stop", service)
        took = time.monotonic() - began
        told(f"{service} stopped in", took)
        # 137, had Docker killed it after its 10 s.
        assert compose.inspect(container)["State"]["ExitCode"] in (0, 143), (service, took)
        compose.up()


async def test_two_of_each_share_the_rooms(open_page: OpenPage, compose: Compose) -> None:
    two = ("--scale", "worker=2", "--scale", "engine=2")
    compose("--profile", "second-node", "up", "-d", "--no-build", *two)
    first, second = compose.containers("worker")

    async def both(wrote: str) -> None:
        async with asyncio.timeout(60):
            while any(wrote not in docker("logs", one, err=True) for one in (first, second)):
                await asyncio.sleep(0.5)

    await both("registered worker")
    rooms = [f"room-{number}" for number in range(3)]
    for room in rooms:
        compose("exec", "ingress", "python", "-m", "ingress", "add", "demo", "--room", room)
        await visit(open_page, compose, room)
    await both("received job request")
    await all_are_scraped(compose)
    for room in rooms:
        compose("exec", "ingress", "python", "-m", "ingress", "remove", "demo", "--room", room)
    page = await visit(open_page, compose)
    await page.evaluate(_LISTEN)
    for worker in compose.containers("worker"):  # one of them has the room
        told("longest pause while all run", await silence(page, time.time()))
        started, stopped = compose.inspect(worker)["State"]["StartedAt"], time.time()
        docker("stop", worker)
        told("a worker of two stopped: silence", await silence(page, stopped))
        compose.up(*two)
        await compose.back(worker, started)
    compose.up("--scale", "worker=1", "--scale", "engine=1")


async def all_are_scraped(compose: Compose) -> None:
    """Prometheus, with its configuration as it is, finds each container of each service."""
    if not docker("images", "-q", "prom/prometheus"):
        return
    compose("--profile", "monitoring", "up", "-d", "--no-build", "prometheus")
    url = f"http://127.0.0.1:{compose.ports['PROMETHEUS_PORT']}/api/v1/query"
    wanted = {"worker": "2", "web": "1", "engine": "2", "ingress": "1", "livekit": "2"}
    async with aiohttp.ClientSession() as session, asyncio.timeout(90):
        while True:
            with suppress(aiohttp.ClientError):
                async with session.get(url, params={"query": "sum by (job) (up)"}) as answer:
                    found = (await answer.json())["data"]["result"]
                    if {one["metric"]["job"]: one["value"][1] for one in found} == wanted:
                        return
            await asyncio.sleep(1.0)


async def test_livekit_and_worker_are_made_anew_beside_their_redis(
    open_page: OpenPage, compose: Compose
) -> None:
    compose("up", "-d", "--no-build", "--force-recreate", "--no-deps", "livekit", "worker")
    await visit(open_page, compose)


def test_no_log_tells_a_secret(compose: Compose) -> None:
    env = dict(line.split("=", 1) for line in compose.state_file("livekit.env").splitlines())
    secrets = [env["LIVEKIT_API_SECRET"], compose.state_file("admin.token"), CAMERA_PASSWORD]
    logs = compose.logs()
    assert len(logs) > 1000
    assert not [secret for secret in secrets if secret in logs]
    for container in compose("ps", "-aq").split():
        known = docker("inspect", container)
        assert not [secret for secret in secrets if secret in known]


async def test_all_is_there_again_after_a_restart(open_page: OpenPage, compose: Compose) -> None:
    page = await visit(open_page, compose)
    await compose.ask("POST", "api/settings", {"focus": "the left side"})
    await compose.ask("POST", "api/rules", {"add": {"name": "dark", "if": {"darkness": True}}})
    token = compose.state_file("admin.token")
    await page.close()
    compose("down", "-t", "10")
    compose.up()
    assert compose.state_file("admin.token") == token
    page = await visit(open_page, compose)
    settings = await compose.until("api/settings", lambda found: "focus" in str(found))
    assert "the left side" in str(settings)
    rules = await compose.until("api/rules", lambda found: "dark" in str(found))
    assert "darkness" in str(rules)
    found = await compose.ask("GET", "api/sources?room=yard", admin=True)
    assert [one["name"] for one in found["sources"]] == ["gate"]
