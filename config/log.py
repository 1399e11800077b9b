"""Logging for every process: plain lines on stderr, or JSON."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType

from config.settings import Settings

_NOISY = (
    "aiohttp.access",
    "asyncio",
    "httpx2",
    "httpcore2",
    "libav",
    "livekit",
    "openai",
    "urllib3",
)

_SAID_BY_ITSELF = "livekit.agents"
"""The launcher waits for its line "registered worker", which comes at info."""


_ABOUT: ContextVar[Mapping[str, str]] = ContextVar("about", default=MappingProxyType({}))
_ALWAYS: dict[str, str] = {}
FIELDS = ("room", "source", "line")
"""What a line of the log is about, in its JSON form: by `extra` of a record, else by `about`, else
by `always`.
"""


@contextmanager
def about(**fields: str) -> Iterator[None]:
    """What is logged in here, and by tasks that are started in here, is about these FIELDS."""
    token = _ABOUT.set({**_ABOUT.get(), **fields})
    try:
        yield
    finally:
        _ABOUT.reset(token)


def always(**fields: str) -> None:
    """From now on what this process logs is about these FIELDS; "" for none."""
    _ALWAYS.update(fields)
    for handler in logging.getLogger().handlers:
        handler.addFilter(_mark)


def _mark(record: logging.LogRecord) -> bool:
    """Where it is logged: LiveKit hands records of a job to the worker, which writes them."""
    for name, value in (*_ABOUT.get().items(), *_ALWAYS.items()):
        if not getattr(record, name, ""):
            setattr(record, name, value)
    return True


class _Formatter(logging.Formatter):
    """`HH:MM:SS.mmm level name message`, one line a record apart from a traceback."""

    default_msec_format = "%s.%03d"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(level)s %(name)s %(message)s", datefmt="%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        return _hidden(super().format(record))

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        return f"{super().formatTime(record, datefmt)}.{int(record.msecs):03d}"

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        record.level = record.levelname.lower()
        # A name or a text from a room must not be able to forge a second line.
        record.message = "".join(char if char.isprintable() else " " for char in record.message)
        return super().formatMessage(record)


_secrets: tuple[str, ...] = ()
_SHORTEST = 8
"""Letters; a shorter secret would be found in every other word."""


def _hidden(text: str) -> str:
    for secret in _secrets:
        text = text.replace(secret, "***")
    return text


class _JsonFormatter(_Formatter):
    """The same as one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        _, *traceback = super().format(record).split("\n")
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.message,
            **{name: value for name in FIELDS if (value := getattr(record, name, ""))},
        }
        if traceback:
            told["traceback"] = "\n".join(traceback)
        return json.dumps({name: _hidden(str(one)) for name, one in told.items()})


_IN_ORDER = re.compile(
    r"publisher data channel '\w+' closed unexpectedly"
    r"|process exited with non-zero exit code -10$"
    r"|rtc_session - failed .*error_type: InvalidState"
    r"|failed to handle request FfiRequest|Attempted to drop unknown FFI handle"
)
"""LiveKit's errors when the server closes a room (a connection that is lost has other lines), and
when it has itself ended a process that was still starting. What it says of requests it says again
to whoever made them, in an exception.
"""


def _worth_telling(record: logging.LogRecord) -> bool:
    """Not what a stranger can write into the log at will. LiveKit tells the root logger of every
    text stream that a participant does not read, and takes for an error what is none. At level
    debug the latter is shown.
    """
    if record.name == "aiohttp.server" and record.exc_info and record.exc_info[0]:
        # Who sends what is no HTTP is told so; a traceback would show what stood in its address.
        return record.exc_info[0].__module__ != "aiohttp.http_exceptions"
    if record.name.startswith("livekit") and logging.getLogger().level > logging.DEBUG:
        return not _IN_ORDER.search(record.getMessage())
    return record.name != "root" or not str(record.msg).startswith("ignoring ")


def begin(process: str, settings: Settings) -> None:
    """`setup` as the settings say."""
    setup(process, settings.log_level, settings.log_format, settings.secrets())


def setup(
    process: str, level: str = "info", form: str = "text", secrets: Iterable[str] = ()
) -> None:
    """Sends this process's log to stderr.

    process names it in its first line; level is debug, info, warning or error; form is text or
    json. Secrets do not belong into messages; these come out as *** where one gets there. Calling
    it again changes the level and the secrets only.
    """
    global _secrets
    _secrets = tuple(sorted((s for s in secrets if len(s) >= _SHORTEST), key=len, reverse=True))
    root = logging.getLogger()
    first = not any(isinstance(handler.formatter, _Formatter) for handler in root.handlers)
    if first:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_JsonFormatter() if form == "json" else _Formatter())
        handler.addFilter(_worth_telling)
        handler.addFilter(_mark)
        root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.getLogger(_SAID_BY_ITSELF).setLevel(root.level)
    if first:
        logging.getLogger(process).debug("log level %s", level)
