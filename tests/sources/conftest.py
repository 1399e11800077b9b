"""Whether the full matrix runs, and the table of what was seen."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from launcher.go_server import find
from launcher.mediamtx import MEDIAMTX

# Read here: the settings of who runs the tests are taken out of the environment later.
FULL = bool(os.environ.get("PRESSBOX_FULL_MATRIX"))
_TABLE = os.environ.get("PRESSBOX_SOURCES_TABLE", "")
_ROWS = pytest.StashKey["Table"]()

full_only = pytest.mark.skipif(not FULL, reason="long: make test-sources")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table, as it was measured."""

    source: str
    peer: str
    result: str
    way: str = ""
    why: str = ""
    size: str = ""
    age: str = ""
    sound: str = ""


Table = list[Row]


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_ROWS] = []


@pytest.fixture
def table(pytestconfig: pytest.Config) -> Table:
    """Where a test writes what it saw."""
    return pytestconfig.stash[_ROWS]


@pytest.fixture(autouse=True)
def _peers() -> None:
    """Skips where the real peers are not here, but not in CI."""
    gone = [name for name in ("ffmpeg", "cvlc", "setpriv") if shutil.which(name) is None]
    if find(MEDIAMTX) is None:
        gone.append("mediamtx")
    if gone:
        reason = f"missing: {', '.join(gone)}; launcher/setup.sh peers"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """The table, in the file that PRESSBOX_SOURCES_TABLE names and on the terminal."""
    rows = config.stash[_ROWS]
    if not rows or not (FULL or _TABLE):
        return
    names = [field.name for field in fields(Row)]
    lines = [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    lines += [f"| {' | '.join(str(getattr(row, name)) for name in names)} |" for row in rows]
    text = "\n".join(lines)
    if _TABLE:
        Path(_TABLE).write_text(text + "\n")
    terminalreporter.write_line(text)
