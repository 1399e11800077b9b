"""`publish`: one source in the foreground, without the service."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from config.default_name import default_name
from config.log import setup
from config.settings import Settings
from config.source_address import parse
from config.source_spec import SourceSpec, source_spec
from ingress.presence import Place, PlaceError, place
from ingress.relay import RoomSink
from ingress.report import SourceReport
from ingress.supervisor import Supervisor

log = logging.getLogger("pressbox.ingress")


def run_publish(options: argparse.Namespace, settings: Settings) -> int:
    """Publishes until a signal, or until it was sent away; returns the exit status.

    Raises AddressError or SpecError.
    """
    setup("ingress", settings.log_level)
    # LiveKit logs every step of a connection, and we log those that matter.
    logging.getLogger("livekit").setLevel(logging.ERROR)
    address = parse(options.source)
    if address.is_path and not Path(address.url).is_file():
        return _wrong(f"{address}: there is no such file")
    words = set(SourceSpec.model_fields) - {"name", "url", "room"}
    values = {name: getattr(options, name) for name in words if hasattr(options, name)}
    name = options.name or default_name(address)
    spec = source_spec({**values, "name": name, "url": options.source, "room": settings.room})
    try:
        where = place(settings, spec.room, spec.name)
    except PlaceError as error:
        return _wrong(str(error))
    return asyncio.run(_publish(spec, settings, where))


async def _publish(spec: SourceSpec, settings: Settings, where: Place) -> int:
    over: asyncio.Future[SourceReport | None] = asyncio.get_running_loop().create_future()

    def end(report: SourceReport | None) -> None:
        if not over.done():
            over.set_result(report)

    def heard(report: SourceReport) -> None:
        # Removed, replaced under its name, or a file that is over: nobody is there to wake it.
        if report.state == "stopped" or report.reason == "room":
            end(report)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end, None)
    sink = RoomSink(where, live=spec.live)
    source = Supervisor(spec, settings, sink)
    source.add_listener(heard)
    source.start()
    try:
        last = await over
        trouble = sink.trouble
    finally:
        await source.aclose()
    if last is None or trouble is None:  # a signal, or a file that was played to its end
        return 0
    log.error("%s", trouble.text)
    return 1


def _wrong(text: str) -> int:
    sys.stderr.write(f"ingress: {text}\n")
    return 2
