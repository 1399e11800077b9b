"""Readers that follow a script instead of reading anything.

The address is the path of a JSON file: a list of attempts, each a list of steps, which are methods
of `scripted_actor.Actor`. The last attempt is repeated. What was asked of it is appended to
PATH.asked, one JSON object a line.
"""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path
from typing import Any

from ingress.reader.process import ReaderProcess

COMMAND = (sys.executable, "-m", "tests.support.scripted_actor")
start_scripted = functools.partial(ReaderProcess.start, command=COMMAND)


class Script:
    """A script file, written by a test and followed by its readers."""

    def __init__(self, path: Path, *attempts: list[dict[str, Any]]) -> None:
        self.path = path
        path.write_text(json.dumps(attempts))

    @property
    def url(self) -> str:
        """The address of a source that follows it."""
        return str(self.path)

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The requests and orders so far."""
        path = self.path.with_suffix(".asked")
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def attempts(self) -> int:
        """Readers started so far, since it was last written."""
        path = self.path.with_suffix(".count")
        return path.stat().st_size if path.exists() else 0
