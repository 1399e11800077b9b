"""The format of the log."""

from __future__ import annotations

import json
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

JSON = """
import asyncio, logging
from config.log import about, always, setup
setup("test", "info", "json", ["hunter2-hunter2", "quo\\"te-te", "short"])
always(room="always", source="")
log = logging.getLogger("some.name")
async def task():
    log.info("within %s", "hunter2-hunter2\\n", extra={"line": "line_1"})
async def main():
    with about(room="lobby", source="cam"):
        within = asyncio.create_task(task())
    await within
    log.info("a short one quo\\"te-te")
    try:
        raise ValueError("hunter2-hunter2")
    except ValueError:
        log.exception("bad", extra={"room": "other", "stranger": "secret"})
asyncio.run(main())
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


def test_as_json_a_line_says_what_it_is_about_and_no_secret() -> None:
    done = subprocess.run(
        [sys.executable, "-c", JSON], cwd=ROOT, capture_output=True, text=True, check=True
    )
    within, after, bad = (json.loads(line) for line in done.stderr.splitlines())
    assert within.pop("time").endswith("+00:00")
    assert within == {
        "level": "info",
        "logger": "some.name",
        "message": "within *** ",
        "room": "lobby",
        "source": "cam",
        "line": "line_1",
    }
    assert (after["message"], after["room"], "source" in after) == (
        "a short one ***",
        "always",
        False,
    )
    assert (bad["room"], bad["message"], "stranger" in bad) == ("other", "bad", False)
    assert bad["traceback"].endswith("ValueError: ***")


@pytest.mark.parametrize(("level", "lines"), [("info", 3), ("debug", 6)])
def test_an_end_in_order_is_no_error(level: str, lines: int) -> None:
    program = LIVEKIT.replace("LEVEL", repr(level))
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    told = [line for line in done.stderr.splitlines() if " livekit" in line]
    assert len(told) == lines
    assert any("data channel" in line for line in told) == (level == "debug")
