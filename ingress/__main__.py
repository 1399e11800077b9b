"""`python -m ingress publish SOURCE --room ROOM`: a file or the demo film as a participant."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

import cv2

from config.errors import SettingsError
from config.log import setup
from config.settings import Settings, load_settings
from ingress.demo_film import DemoFilm
from ingress.file_reader import FileReader
from ingress.media import MediaError, Reader
from ingress.player import Player
from ingress.publisher import Place, Publisher, RemovedError

log = logging.getLogger("pressbox.ingress")


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    given = {"livekit_url": options.url, "livekit_api_key": options.api_key, "room": options.room}
    try:
        settings = load_settings(cli={key: value for key, value in given.items() if value})
        setup("ingress", settings.log_level)
        # LiveKit logs every step of a connection, and we log those that matter.
        logging.getLogger("livekit").setLevel(logging.ERROR)
        place = _place(settings, options.name or _default_name(options.source))
        reader = _reader(options.source)
    except (SettingsError, MediaError) as error:
        sys.stderr.write(f"ingress: {error}\n")
        return 2
    cv2.setNumThreads(1)
    return asyncio.run(_publish(reader, place))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ingress", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    publish = commands.add_parser("publish", help="publish a video file or the demo film, for ever")
    publish.add_argument("source", metavar="SOURCE", help="path of a video file, or: demo")
    publish.add_argument("--room", default="", help="room to join (setting: ROOM)")
    publish.add_argument("--name", default="", help="identity in the room (the source's name)")
    publish.add_argument("--url", default="", help="LiveKit server (setting: LIVEKIT_URL)")
    publish.add_argument("--api-key", default="", help="its key (setting: LIVEKIT_API_KEY)")
    publish.epilog = "The secret is read from the setting LIVEKIT_API_SECRET only."
    return parser


def _default_name(source: str) -> str:
    return "demo" if source == "demo" else Path(source).stem


def _place(settings: Settings, identity: str) -> Place:
    secret = settings.livekit_api_secret.get_secret_value()
    if not settings.livekit_api_key or not secret:
        raise MediaError("LIVEKIT_API_KEY and LIVEKIT_API_SECRET are not set: both are needed")
    return Place(settings.livekit_url, settings.livekit_api_key, secret, settings.room, identity)


def _reader(source: str) -> Reader:
    return DemoFilm() if source == "demo" else FileReader(Path(source))


async def _publish(reader: Reader, place: Place) -> int:
    publisher = Publisher(place, has_sound=reader.has_sound)
    player = Player(reader, publisher)
    tasks = {
        asyncio.create_task(player.run(), name="ingress.player"),
        asyncio.create_task(publisher.run(), name="ingress.publisher"),
    }
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _cancel, tasks)
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    _cancel(pending)
    await asyncio.wait(tasks)
    status = 0
    for task in done:
        with contextlib.suppress(asyncio.CancelledError):
            error = task.exception()
            if isinstance(error, MediaError | RemovedError):
                log.error("%s", error)
                status = 1
            elif error:
                raise error
    return status


def _cancel(tasks: set[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()


def _end(status: int) -> NoReturn:
    """Ends the process without tearing Python down.

    LiveKit's threads may still call into Python, which aborts while the interpreter is going away.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    _end(main())
