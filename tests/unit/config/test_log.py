"""The format of the log."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

PROGRAM = """
import logging
from config.log import setup
setup("test", "info")
setup("test", "info")
logging.getLogger("some.name").info("hello %s", "a\\nb\\x1b[31m")
logging.getLogger("some.name").debug("not shown")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("some.name").exception("bad")
"""

LIVEKIT = """
import logging
from config.log import setup
setup("test", LEVEL)
log = logging.getLogger("livekit")
log.error("rtc_session:704 - publisher data channel '_reliable' closed unexpectedly")
log.error("cabi:76 - failed to handle request FfiRequest { message: TextStreamClose }")
log.error("rtc_session:704 - something else closed unexpectedly")
log.warning("resuming connection... attempt: 1")
log.getChild("agents").error("process exited with non-zero exit code %d", -10)
log.getChild("agents").error("process exited with non-zero exit code %d", -11)
"""

STRANGER = """
import logging
from aiohttp.http_exceptions import LineTooLong
from config.log import setup
setup("test", "debug")
for error in (LineTooLong(b"/?view=secret"), ValueError("told")):
    try:
        raise error
    except Exception:
        logging.getLogger("aiohttp.server").exception("Error handling request")
"""


def test_what_strangers_send_is_not_written_down() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STRANGER], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "secret" not in done.stderr
    assert "told" in done.stderr


def test_lines_are_plain_and_cannot_be_forged() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    first, second, *traceback = done.stderr.splitlines()
    time, rest = first.split(" ", 1)
    assert len(time) == len("12:34:56.789")
    assert time[8] == "."
    assert rest == "info some.name hello a b [31m"
    assert second.split(" ", 1)[1] == "error some.name bad"
    assert traceback[-1] == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize(("level", "lines"), [("info", 3), ("warning", 3), ("debug", 6)])
def test_an_end_in_order_is_no_error(level: str, lines: int) -> None:
    program = LIVEKIT.replace("LEVEL", repr(level))
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    told = [line for line in done.stderr.splitlines() if " livekit" in line]
    assert len(told) == lines
    assert any("data channel" in line for line in told) == (level == "debug")
