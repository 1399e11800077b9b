"""`python -m ingress`: brings cameras, files and pushes into rooms, and keeps them there.

`serve` is the process that does it (`make run` starts it); `add`, `create`, `list`, `remove`,
`status` and `wake` speak to it; `publish`, `probe`, `ingresses` and `delete` do without it. An
address with a password is best given as `-`: then it is read from the standard input.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from config.admin_token import AdminTokenError
from config.default_name import default_name
from config.errors import SettingsError
from config.settings import Settings, load_settings
from config.source_address import AddressError, parse
from config.source_spec import SourceSpec, SpecError, source_spec

_ADDRESS = "address: rtsp://…, http://…, srt://…, rtmp://…, a file, /dev/video0; - reads it"
_PUSHES = {
    "rtmp": "OBS, phones, ffmpeg, VLC",
    "srt": "encoders far away",
    "whip": "browsers, OBS",
    "rtsp": "ffmpeg, GStreamer",
}
_FAILED, _WRONG = 1, 2


class _Parser(argparse.ArgumentParser):
    """Says what is wrong without repeating an address, which may hold a password."""

    def error(self, message: str) -> NoReturn:
        safe = "the words are wrong" if "://" in message else message
        self.exit(_WRONG, f"{self.prog}: {safe}; see {self.prog} --help\n")


def parser() -> argparse.ArgumentParser:
    """All commands with their words."""
    made = _Parser(
        prog="python -m ingress",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, said: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=said, description=said, allow_abbrev=False)

    command("serve", "run the service: the sources of the settings, and the API for the rest")
    _publish_words(command("publish", "bring in one source, without the service, until Ctrl-C"))
    _add_words(command("add", "bring in a source and keep it, also over a restart"))
    listed = command("list", "the sources that there are")
    removed = command("remove", "take a source out")
    status = command("status", "how the sources are")
    status.add_argument("--watch", action="store_true", help="go on until Ctrl-C")
    woken = command("wake", "try a source again at once")
    for one in (removed, woken):
        one.add_argument("name", metavar="NAME", help="the source's name")
        one.add_argument("--room", default="", help="its room (setting: ROOM)")
    probe = command("probe", "what there is at an address, and which way it would go in")
    probe.add_argument("url", metavar="URL", help=_ADDRESS)
    probe.add_argument("--transport", choices=("auto", "tcp", "udp"), default="auto")
    _header_word(probe)
    create = command("create", "an address and a key for others to push to")
    _create_words(create)
    ingresses = command("ingresses", "the LiveKit ingresses that there are")
    delete = command("delete", "delete a LiveKit ingress")
    delete.add_argument("id", metavar="ID", help="its id or its name")
    for one in (listed, status, probe, create, ingresses):
        one.add_argument("--json", action="store_true", help="for programs")
    return made


def _publish_words(publish: argparse.ArgumentParser) -> None:
    publish.add_argument("source", metavar="URL", help=f"{_ADDRESS}; screen, test, demo")
    publish.add_argument("--room", default="", help="room to join (setting: ROOM)")
    publish.add_argument("--name", default="", help="identity in the room (made from the address)")
    publish.add_argument("--url", default="", help="LiveKit server (setting: LIVEKIT_URL)")
    publish.add_argument("--api-key", default="", help="its key (setting: LIVEKIT_API_KEY)")
    publish.epilog = "The secret is read from the setting LIVEKIT_API_SECRET only."
    _source_words(publish)


def _add_words(add: argparse.ArgumentParser) -> None:
    add.add_argument("url", metavar="URL", help=f"{_ADDRESS}; screen, test, demo")
    add.add_argument("--room", default="", help="room to bring it into (setting: ROOM)")
    add.add_argument("--name", default="", help="identity in the room (made from the address)")
    add.add_argument("--via", choices=("relay", "livekit-ingress"), default="relay")
    _source_words(add)
    add.add_argument("--model-url", default="", metavar="URL", help="a small stream for the model")


def _source_words(one: argparse.ArgumentParser) -> None:
    one.add_argument("--mode", choices=("auto", "passthrough", "transcode"), default="auto")
    one.add_argument("--transport", choices=("auto", "tcp", "udp"), default="auto", help="of RTSP")
    turns = (0, 90, 180, 270)
    one.add_argument("--turn", type=int, choices=turns, default=0, help="degrees clockwise")
    one.add_argument("--mirror", action="store_true", help="left to right, behind the turn")
    one.add_argument("--stall-after", type=float, default=3.0, metavar="S", help="without pictures")
    _header_word(one)
    one.add_argument(
        "--snapshot-rate", type=float, default=2.0, metavar="N", help="pictures a second of one"
    )
    one.add_argument("--no-sound", dest="sound", action="store_false", help="leave its sound out")
    one.add_argument("--live", action="store_true", help="live tracks for all, not agents alone")
    one.add_argument("--no-loop", dest="loop", action="store_false", help="play a file once")
    one.add_argument("--start", type=float, default=0.0, metavar="S", help="begin a file there")


def _header_word(one: argparse.ArgumentParser) -> None:
    said = "an HTTP header, secret; - for VALUE reads it"
    one.add_argument(
        "--header", dest="headers", action=_Header, default={}, metavar="NAME:VALUE", help=said
    )


class _Header(argparse.Action):
    """Gathers headers by name, and says nothing of their values."""

    def __call__(self, *said: Any, **_: Any) -> None:
        """said: the parser, the options so far, and the words of this one."""
        options, text = said[1:3]
        name, _sign, value = text.partition(":")
        options.headers = options.headers | {name.strip(): value.strip()}


def _create_words(create: argparse.ArgumentParser) -> None:
    kinds = create.add_mutually_exclusive_group(required=True)
    for kind, said in _PUSHES.items():
        kinds.add_argument(f"--{kind}", dest="kind", action="store_const", const=kind, help=said)
    create.add_argument("--room", default="", help="room to bring it into (setting: ROOM)")
    create.add_argument("--name", default="", help="identity in the room")
    create.add_argument("--live", action="store_true", help="live tracks for all, not agents alone")
    create.add_argument("--via", choices=("relay", "livekit-ingress"), default="relay")


def main(words: Sequence[str] | None = None) -> int:
    """Exit status: 0 when it was done, 1 when it failed, 2 for wrong words or settings."""
    options = parser().parse_args(words)
    try:
        _read_addresses(options)
        settings = load_settings(cli=_settings(options))
        return _run(options, settings)
    except (SettingsError, AddressError, SpecError) as error:
        return _tell(str(error), _WRONG)
    except AdminTokenError as error:
        return _tell(str(error), _FAILED)
    except KeyboardInterrupt:
        return 0 if options.command == "status" else 130


def _run(options: argparse.Namespace, settings: Settings) -> int:
    """Imports what the command needs and no more: `status` shall not wait for LiveKit's library."""
    if options.command == "serve":
        from ingress.serve import run_service

        return run_service(settings)
    if options.command == "publish":
        from ingress.serve import run_publish

        return run_publish(_spec(options, settings), settings)
    from ingress.commands import run_command

    return asyncio.run(run_command(options, settings))


def _spec(options: argparse.Namespace, settings: Settings) -> SourceSpec:
    """What `publish` is to bring in. Raises AddressError or SpecError."""
    words = set(SourceSpec.model_fields) - {"name", "url", "room"}
    values = {name: getattr(options, name) for name in words if hasattr(options, name)}
    name = options.name or default_name(parse(options.source))
    return source_spec({**values, "name": name, "url": options.source, "room": settings.room})


def _settings(options: argparse.Namespace) -> dict[str, object]:
    """What the command line says of the settings themselves."""
    given = {"room": options.room} if options.command == "publish" else {}
    if options.command == "publish":
        given |= {"livekit_url": options.url, "livekit_api_key": options.api_key}
    return {key: value for key, value in given.items() if value}


def _read_addresses(options: argparse.Namespace) -> None:
    """Fills in what was given as `-`. Raises AddressError."""
    names = ("source",) if options.command == "publish" else ("url", "model_url")
    for name in names:
        if getattr(options, name, "") == "-":
            setattr(options, name, _read_address())
    for name, value in getattr(options, "headers", {}).items():
        if value == "-":
            options.headers[name] = _read_address()


def _read_address() -> str:
    # From a terminal without an echo: a password must not stand on the screen either.
    return getpass.getpass("address: ") if sys.stdin.isatty() else sys.stdin.readline().strip()


def _tell(text: str, status: int) -> int:
    sys.stderr.write(f"ingress: {text}\n")
    return status
