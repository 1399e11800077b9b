"""One installation for all tests here. Slow: only `make test-containers` runs them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import (
    _browsers,
    _watched_loop,
    camera_flags,
    chromium_path,
    in_one_loop,
    open_page,
)
from tests.containers.stack import Compose, build

__all__ = ["_browsers", "_watched_loop", "camera_flags", "chromium_path", "open_page"]

collect_ignore_glob = [] if os.environ.get("PRESSBOX_TEST_CONTAINERS") else ["test_*.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    in_one_loop(items, Path(__file__).parent)


@pytest.fixture(scope="session")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    """Images built, nothing started; removed at the end, with the logs where a test failed."""
    build(os.environ["PRESSBOX_LIVEKIT_SERVER"], os.environ["PRESSBOX_MEDIAMTX"])
    settings = tmp_path_factory.mktemp("settings") / ".env"
    settings.write_text("PRESSBOX_SOURCE_NETWORKS=172.16.0.0/12\n")
    made = Compose(settings)
    try:
        yield made
    finally:
        made.remove()


@pytest.fixture(autouse=True)
def what_they_wrote(compose: Compose, request: pytest.FixtureRequest) -> Iterator[None]:
    """The test after one that failed, or the end, shows what the containers wrote."""
    before = request.session.testsfailed
    yield
    if request.session.testsfailed > before:
        sys.stdout.write(compose.logs()[-20_000:])
