"""The documents as a site (`make docs`) and as people read them on GitHub."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.async_api import async_playwright, expect

from reference.pages import DOCS, ROOT
from tests.browser.build import chromium

READ_THERE = [*ROOT.glob("*.md"), ROOT / "plugin" / "README.md", *DOCS.glob("*.md")]
PYTHON = ROOT / ".venv-docs" / "bin" / "python"
PATIENT = 60_000
_LINK = re.compile(r"\]\((?!\w+:)([^)#]*)(?:#([^)]*))?\)")
_HEADING = re.compile(r"^#{1,6} +(.+)$", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built where no warning is let pass."""
    if not PYTHON.exists():
        pytest.fail("bash launcher/setup.sh docs installs what builds the site")
    folder = tmp_path_factory.mktemp("site")
    command = [str(PYTHON), "-m", "mkdocs", "build", "--strict", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stderr
    return folder


async def test_a_browser_without_a_network_finds_all_of_it_from_the_first_page(site: Path) -> None:
    asked: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox"]
        )
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        page.on("request", lambda request: asked.append(request.url))
        await page.goto((site / "index.html").as_uri())
        links = await page.locator("a").evaluate_all("all => all.map(one => one.href)")
        linked = {unquote(link).partition("#")[0] for link in links}
        assert {(site / f"{one.stem}.html").as_uri() for one in DOCS.glob("*.md")} <= linked
        await page.get_by_role("textbox", name="Search").click()
        await expect(page.get_by_text("Type to start searching")).to_be_visible(timeout=PATIENT)
        await page.keyboard.type("webhook secret")
        found = page.locator(".md-search-result__link").first
        address = re.compile(r"(alerts|settings)\.html")
        await expect(found).to_have_attribute("href", address, timeout=PATIENT)
        await browser.close()
    assert {url.partition(":")[0] for url in asked} <= {"file", "data", "blob"}


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = _HEADING.findall(_FENCED.sub("", page.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


@pytest.mark.parametrize("page", READ_THERE, ids=lambda page: page.name)
def test_its_links_lead_somewhere_on_github(page: Path) -> None:
    for path, anchor in _LINK.findall(_FENCED.sub("", page.read_text("utf-8"))):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), f"{path}#{anchor}"
