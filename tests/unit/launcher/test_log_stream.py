"""The one stream of all logs."""

from __future__ import annotations

import io
import json
import random

from launcher.log_stream import LineSplitter, LogStream


def test_secrets_do_not_show() -> None:
    out = io.StringIO()
    log = LogStream(out)
    log.hide(["secret-secret", "secret-secret-longer", "", "ab"])
    log.line("agent", "key secret-secret-longer and secret-secret, ab")
    assert out.getvalue() == "agent    | key *** and ***, ab\n"


def test_as_json_every_line_is_an_object_and_no_secret_shows() -> None:
    out = io.StringIO()
    log = LogStream(out, as_json=True)
    log.hide(["secret-secret"])
    log.line("agent", json.dumps({"message": "secret-secret", "room": "lobby"}))
    log.line("livekit", "[1] secret-secret")
    first, second = map(json.loads, out.getvalue().splitlines())
    assert first == {"process": "agent", "message": "***", "room": "lobby"}
    assert (second["process"], second["message"]) == ("livekit", "[1] ***")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_is_shown_once_is_seen_by_a_person_and_kept_by_no_file() -> None:
    file, terminal = io.StringIO(), Terminal()
    for out in (file, terminal):
        LogStream(out, colour=False).show("run", "the token: secret-secret")
    assert file.getvalue() == ""
    assert terminal.getvalue() == "run      | the token: secret-secret\n"


def test_a_child_cannot_steer_the_terminal() -> None:
    out = io.StringIO()
    LogStream(out).line("web", "a\x1b[2Jb\rc\x07")
    assert out.getvalue() == "web      | a [2Jb c\n"


def test_a_reader_that_went_away_is_no_error() -> None:
    class Gone(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    LogStream(Gone(), colour=False).line("web", "up")


def test_lines_survive_any_cutting() -> None:
    chance = random.Random(3)
    text = "one\ntwo ü 😀\r\n\nfour".encode()
    for _ in range(200):
        splitter, lines, rest = LineSplitter(), [], text
        while rest:
            size = chance.randint(1, 6)
            lines += splitter.feed(rest[:size])
            rest = rest[size:]
        assert [*lines, *splitter.end()] == ["one", "two ü 😀", "", "four"]


def test_garbage_and_endless_lines_are_bounded() -> None:
    splitter = LineSplitter()
    lines = splitter.feed(b"\xff" * 100_000)
    assert len(lines) == 12
    assert max(map(len, lines)) == 8192
    assert splitter.end() != []
    assert splitter.end() == []
