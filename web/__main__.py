"""`python -m web`: serve the page and the token endpoint."""

from __future__ import annotations

import sys

from config.hidden_arguments import hide_arguments

# Before anything else is imported: until then everybody on this machine can read a password that
# stands on the command line.
if __name__ == "__main__":
    hide_arguments(("python", "-m", "web"), sys.argv[1:])

import argparse
import asyncio
import signal

from config import log
from config.admin_token import AdminTokenError
from config.settings import Settings, SettingsError, load_settings
from web.access import link_command
from web.server import BindError, serve

_OTHERWISE = (
    "python -m web --standalone SOURCE [NAME=VALUE ...]: a booth without LiveKit, for rtsp://…, "
    "http://…, srt://…, a file, /dev/video0, screen, test, demo; - asks for it"
)


def _arguments() -> dict[str, object]:
    parser = argparse.ArgumentParser(prog="python -m web", description=__doc__, epilog=_OTHERWISE)
    parser.add_argument("--host", dest="web_host", help="address to listen on (WEB_HOST)")
    parser.add_argument("--port", dest="web_port", help="port to listen on (WEB_PORT)")
    parser.add_argument("--room", help="the room that a visitor joins (ROOM)")
    given = vars(parser.parse_args())
    return {name: value for name, value in given.items() if value is not None}


async def _run(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    await serve(settings, stop)


def _link(words: list[str]) -> int:
    try:
        print(link_command.address(words))
    except (SettingsError, AdminTokenError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def main() -> int:
    """Exit status: 0 after a signal, 1 where the address cannot be had, 2 for a wrong setting."""
    if sys.argv[1:2] == ["link"]:
        return _link(sys.argv[2:])
    if sys.argv[1:2] == ["--standalone"]:
        from web.standalone.run import main as standalone  # it needs much that others do not

        return standalone(sys.argv[2:])
    try:
        settings = load_settings(cli=_arguments())
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    if not settings.livekit_api_key or not settings.livekit_api_secret.get_secret_value():
        print(
            "LIVEKIT_API_KEY and LIVEKIT_API_SECRET are not set: visitors of the page need tokens "
            "that are signed with them",
            file=sys.stderr,
        )
        return 2
    log.begin("web", settings)
    try:
        asyncio.run(_run(settings))
    except BindError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
