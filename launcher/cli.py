"""The command line: `python run.py [NAME=VALUE ...]`."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import SecretStr

from config.errors import Problem, SettingsError
from config.explain import nearest
from config.settings import Settings, load_settings
from launcher.app import run
from launcher.log_stream import LogStream
from launcher.source import read_word, stands_in_the_open

_OF_MAKE = ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "SOURCE")

_USAGE = """\
python run.py [NAME=VALUE ...]

Starts livekit-server, engine, agent, ingress and page on this machine, prints the address of the
page, and ends all of it at Ctrl-C. `make run NAME=VALUE ...` is the same after the set-up.

  SOURCE=demo|none|WHAT  what is brought into the room: the demo film, nothing, or rtsp://…, http://…,
                         srt://…, rtmp://…, a video file, /dev/video0, screen, test; - asks for it

Every setting may be given as NAME=VALUE; secrets belong into .env or the environment:
"""


def parse(words: Sequence[str]) -> tuple[dict[str, str], str]:
    """Settings by field name, and the source to bring in. Raises SettingsError."""
    values: dict[str, str] = {}
    source = "demo"
    problems = []
    for word in words:
        key, equals, value = word.partition("=")
        name = key.lower()
        if not equals:
            problems.append(Problem(word, "", "NAME=VALUE is expected", "command line"))
        elif name == "source":
            source = value or source
        elif name not in Settings.model_fields:
            known = [*Settings.model_fields, "source"]
            problems.append(Problem(key, "", nearest(name, known), "command line"))
        elif Settings.model_fields[name].annotation is SecretStr:
            said = "it would show in the process list; put it into .env"
            problems.append(Problem(key, "", said, "command line"))
        elif value:
            values[name] = value
    if problems:
        raise SettingsError(problems)
    return values, source


def usage() -> str:
    """The help text, with every setting that the command line takes."""
    lines = [
        f"  {name.upper():<24}{field.description}"
        for name, field in Settings.model_fields.items()
        if name != "source" and field.annotation is not SecretStr
    ]
    return _USAGE + "\n".join(lines)


def main(words: Sequence[str]) -> int:
    """Exit status: 0 after a signal, 1 when the start failed, 2 for a wrong setting."""
    if {"-h", "--help", "help"} & set(words):
        print(usage())
        return 0
    try:
        values, source = parse(words)
        settings = load_settings(cli=values)
    except SettingsError as error:
        for problem in error.problems:
            print(f"error: {problem}", file=sys.stderr)
        return 2
    log = LogStream(sys.stdout, as_json=settings.log_format == "json")
    if source == "-":
        source = read_word()
    elif stands_in_the_open(source, _who_started_us()):
        log.line("run", "make shows the password in SOURCE to every user of this machine while it")
        log.line("run", "runs: SOURCE=- asks for the address; pressbox.yaml can hold it too")
    forget_make()
    return asyncio.run(run(settings, source, log, Path.cwd()))


def forget_make() -> None:
    """What was given to make stands in the environment too, and is for no child of ours."""
    for name in _OF_MAKE:
        os.environ.pop(name, None)


def _who_started_us() -> bytes:
    try:
        return Path(f"/proc/{os.getppid()}/cmdline").read_bytes()
    except OSError:
        return b""
