"""Fixtures for all tests, and the checks that every test must pass besides its own."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.leaks import no_task_left
from tests.support.livekit_server import LiveKitServer, find_binary, livekit_server_process
from tests.support.ordinary_signals import heed_ctrl_c

heed_ctrl_c()

collect_ignore = ["minicpmo", "vlm"]
"""These run in the environments of those engines: make test-engine."""

_SECOND_TRY = ("room/", "browser/", "sources/", "unit/ingress/", "peer_engines/test_room", "docs/")
"""Folders whose tests run real servers, readers and streams in real time, for which a shared
machine is at times too busy. A test that fails is tried once more, and the report shows it.
"""

_LONG = ("docs", "room", "sources", "browser", "engine")
"""Folders whose files take longest, in the order in which they are begun: a long file that is begun
last leaves the other processes of `make test` without work.
"""

_FAILED = pytest.StashKey[bool]()

_SETTINGS = ("LIVEKIT_", "PRESSBOX_", "ENGINE", "TTS_", "STREAM_", "OTEL_")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    second_try = tuple(f"{Path(__file__).parent}/{folder}" for folder in _SECOND_TRY)
    for item in items:
        if str(item.path).startswith(second_try):
            item.add_marker(pytest.mark.flaky(reruns=1))
    items.sort(key=_turn)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[_FAILED] = report.failed
    return report


def _turn(item: pytest.Item) -> int:
    folder = item.path.relative_to(Path(__file__).parents[1]).parts[1]
    return _LONG.index(folder) if folder in _LONG else len(_LONG)


@pytest.fixture(autouse=True)
def _own_surroundings(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No setting or state of the person who runs the tests gets into them."""
    for name in list(os.environ):
        if name.startswith(_SETTINGS) and name != "PRESSBOX_LIVEKIT_SERVER":
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


@pytest.fixture(autouse=True)
def _ordinary_priority() -> Iterator[None]:
    """A test that leaves its thread with a real-time priority fails: all later ones would have it,
    and starve the machine.
    """
    yield
    if os.sched_getscheduler(0) != os.SCHED_OTHER:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        pytest.fail("real-time priority is left: see tests/support/ordinary_priority.py")


@pytest.fixture(autouse=True)
def _no_task_left(request: pytest.FixtureRequest) -> None:
    """An async test that leaves a task running fails."""
    if request.node.get_closest_marker("asyncio"):
        request.getfixturevalue("_watched_loop")


@pytest_asyncio.fixture
async def _watched_loop() -> AsyncIterator[None]:
    async with no_task_left():
        yield


@pytest.fixture(scope="session")
def livekit_binary() -> Path:
    """Path of livekit-server; without one the tests that need it are skipped, but not in CI."""
    binary = find_binary()
    if binary is None:
        reason = "no livekit-server: put it on PATH or into PRESSBOX_LIVEKIT_SERVER"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return binary


@pytest.fixture(scope="module")
def _livekit_process(livekit_binary: Path) -> Iterator[LiveKitServer]:
    with livekit_server_process(livekit_binary) as server:
        yield server


@pytest_asyncio.fixture
async def livekit_server(
    _livekit_process: LiveKitServer, request: pytest.FixtureRequest
) -> AsyncIterator[LiveKitServer]:
    """A running LiveKit server, one for each module of tests, brought back if a test killed it, and
    a new one after a test that failed: its participants would be in the rooms of the second try.
    """
    _livekit_process.start()
    await _livekit_process.ready()
    yield _livekit_process
    if request.node.stash.get(_FAILED, False):
        _livekit_process.kill()
