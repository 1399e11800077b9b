"""One readable stream out of the logs of all children."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TextIO

_COLOURS = ("36", "32", "33", "35", "34", "96", "92", "93")
_LONGEST_LINE = 8192


class LogStream:
    """Writes `name │ text` lines; secrets that a child prints by mistake come out as ***."""

    def __init__(
        self, out: TextIO, *, width: int = 9, colour: bool | None = None, as_json: bool = False
    ) -> None:
        """`as_json`: each line is a JSON object, with the name as `process`."""
        self._out = out
        self._width = width
        self._colour = out.isatty() if colour is None else colour
        self._as_json = as_json
        self._names: list[str] = []
        self._secrets: tuple[str, ...] = ()

    def hide(self, secrets: Iterable[str], *, shortest: int = 8) -> None:
        """From now on these texts are replaced wherever they turn up; shorter ones are left, for
        they would be found in every other word.
        """
        known = {*self._secrets, *(secret for secret in secrets if len(secret) >= shortest)}
        self._secrets = tuple(sorted(known, key=len, reverse=True))

    def line(self, name: str, text: str) -> None:
        """Writes one line under this name."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        text = "".join(char if char.isprintable() else " " for char in text).rstrip()
        try:
            whole = _json_line(name, text) if self._as_json else f"{self._prefix(name)} {text}"
            self._out.write(f"{whole}\n")
            self._out.flush()
        except (BrokenPipeError, UnicodeEncodeError):
            return

    def show(self, name: str, text: str) -> None:
        """Writes a line with a secret in it, if a person sees it and no file keeps it."""
        if self._out.isatty():
            self._out.write(f"{self._prefix(name)} {text}\n")
            self._out.flush()

    def _prefix(self, name: str) -> str:
        prefix = f"{name:<{self._width}}|"
        if not self._colour:
            return prefix
        if name not in self._names:
            self._names.append(name)
        return f"\x1b[{_COLOURS[self._names.index(name) % len(_COLOURS)]}m{prefix}\x1b[0m"


def _json_line(name: str, text: str) -> str:
    """The line of a child that writes JSON itself is kept as it is."""
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        told = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "message": text}
    return json.dumps({"process": name, **told}, ensure_ascii=False)


class LineSplitter:
    """Cuts a byte stream into lines of text; overlong lines are cut up, nothing is kept back."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> list[str]:
        """The lines that end within this chunk."""
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        while len(self._rest) > _LONGEST_LINE:
            whole.append(self._rest[:_LONGEST_LINE])
            self._rest = self._rest[_LONGEST_LINE:]
        return [line.decode("utf-8", "replace").rstrip("\r") for line in whole]

    def end(self) -> list[str]:
        """What is left when the stream has ended."""
        rest, self._rest = self._rest, b""
        return [rest.decode("utf-8", "replace")] if rest else []
