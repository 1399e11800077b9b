"""The commands that speak to the service, or to LiveKit Ingress, and `probe`."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from config.admin_token import admin_token
from config.settings import Settings
from config.source_address import parse
from config.source_spec import SourceSpec
from ingress import table
from ingress.api_client import Client, ServiceAwayError, ServiceError
from ingress.probe import Probe, probe
from ingress.report import SourceReport

if TYPE_CHECKING:
    from ingress.livekit_ingress.service import Kind

FIRST_STATE_LIMIT = 10.0
RATE_TIME = 1.0
_POLL = 0.2
_WATCH = 1.0

Command = Callable[[argparse.Namespace, Settings, Client], Awaitable[int]]


async def run_command(options: argparse.Namespace, settings: Settings) -> int:
    """Runs one command; returns the exit status."""
    if options.command == "probe":
        return await _probe(options, settings)
    at_livekit = options.command == "create" and options.via == "livekit-ingress"
    if options.command in ("ingresses", "delete") or at_livekit:
        return await _at_livekit(options, settings)
    commands: dict[str, Command] = {
        "add": _add,
        "create": _create,
        "list": _list,
        "remove": _remove,
        "wake": _wake,
        "status": _status,
    }
    async with Client(
        settings.ingress_host, settings.ingress_port, admin_token(settings)
    ) as service:
        try:
            return await commands[options.command](options, settings, service)
        except ServiceError as error:
            said = (
                "the service wants another admin token: be its user, or set ADMIN_TOKEN as it has"
            )
            return _failed(said if error.status == 401 else str(error))


async def _add(options: argparse.Namespace, settings: Settings, service: Client) -> int:
    given = {name: getattr(options, name, "") for name in SourceSpec.model_fields}
    values = {name: value for name, value in given.items() if value != ""}
    values["room"] = options.room or settings.room
    values["url"] = _absolute(options.url)
    if options.model_url:
        values["model_url"] = _absolute(options.model_url)
    added = await service.add(values)
    report = await _first_state(service, added)
    _print(f"{report.name}: {table.first_state(report)}")
    if report.state == "live":
        return 0
    _print(f"{report.name} stays and is tried again: python -m ingress status --watch")
    return 1


async def _create(options: argparse.Namespace, settings: Settings, service: Client) -> int:
    values = {"room": options.room or settings.room, "live": options.live}
    made, ways = await service.create(values | ({"name": options.name} if options.name else {}))
    lines = [f"{made.name} into room {made.room}; the key is shown this once"]
    lines += [f"  {said + ':':8} {value}" for said, value in ways[options.kind].items()]
    _say(options, {**made.json(), "push": ways}, lines)
    if not options.json:
        _print(f"  {table.first_state(await _first_state(service, made))}")
    return 0


def _absolute(url: str) -> str:
    """A file that is here by its whole path; the service runs in another folder."""
    address = parse(url)
    path = Path(address.url).expanduser()
    return str(path.resolve()) if address.is_path and path.exists() else url


async def _first_state(service: Client, report: SourceReport) -> SourceReport:
    """Waits until it is live or has failed for the first time, up to FIRST_STATE_LIMIT."""
    end = time.monotonic() + FIRST_STATE_LIMIT
    was_live = False
    while time.monotonic() < end:
        live = report.state == "live"
        if live and not was_live:  # its rate is known when it has run for a moment
            end = min(end, time.monotonic() + RATE_TIME)
        was_live = was_live or live
        if not live and report.error:
            break
        await asyncio.sleep(_POLL)
        which = (report.name, report.room)
        found = [one for one in await service.sources() if (one.name, one.room) == which]
        if not found:
            raise ServiceError(f"{report.name} was taken out again", 404)
        report = found[0]
    return report


async def _list(options: argparse.Namespace, _: Settings, service: Client) -> int:
    reports = await service.sources()
    lines = [
        f"{one.name}  {one.room}  {one.url}"
        + ("" if one.via == "relay" else f" via {one.via}")
        + f"  {one.state}"
        for one in reports
    ]
    nothing = ["no sources: add one with python -m ingress add URL"]
    _say(options, [one.json() for one in reports], lines or nothing)
    return 0


async def _remove(options: argparse.Namespace, settings: Settings, service: Client) -> int:
    await service.remove(options.name, options.room or settings.room)
    _print(f"{options.name}: removed")
    return 0


async def _wake(options: argparse.Namespace, settings: Settings, service: Client) -> int:
    await service.wake(options.name, options.room or settings.room)
    _print(f"{options.name}: tried again")
    return 0


async def _status(options: argparse.Namespace, _: Settings, service: Client) -> int:
    reports = await service.sources()
    if service.notice:
        sys.stderr.write(f"ingress: {service.notice}\n")
    if options.watch and sys.stdout.isatty() and not options.json:
        await _watch(service, reports)
    elif options.watch:
        await _follow(service, reports, as_json=options.json)
    elif sys.stdout.isatty() and not options.json:
        Console().print(table.table(reports, time.time()))
    else:
        lines = table.lines(reports) or ["no sources"]
        _say(options, [report.json() for report in reports], lines)
    return 0


async def _watch(service: Client, reports: list[SourceReport]) -> None:
    """A table that is drawn anew every second, also while the service is away for a moment."""
    error = ""
    with Live(console=Console(), auto_refresh=False) as live:
        while True:
            shown = table.table(reports, time.time())
            live.update(Group(shown, Text(error, style="red")) if error else shown, refresh=True)
            await asyncio.sleep(_WATCH)
            try:
                reports, error = await service.sources(), ""
            except ServiceAwayError as away:
                error = str(away)


async def _follow(service: Client, reports: list[SourceReport], *, as_json: bool) -> None:
    """A line each time that something has changed which is no mere number."""
    before: dict[tuple[str, str], tuple[object, ...]] = {}
    while True:
        for report in reports:
            seen = (report.state, report.reason, report.codec, report.way, report.reconnects)
            which = (report.room, report.name)
            if before.get(which) != (*seen, report.error):
                _print(json.dumps(report.json()) if as_json else table.lines([report])[0])
            before[which] = (*seen, report.error)
        await asyncio.sleep(_WATCH)
        reports = await service.sources()


async def _probe(options: argparse.Namespace, settings: Settings) -> int:
    found = await probe(options.url, settings, transport=options.transport, headers=options.headers)
    _say(options, found.json(), _probe_lines(found))
    return 1 if found.failure else 0


def _probe_lines(found: Probe) -> list[str]:
    if found.failure:
        return [f"{found.url}: {found.failure}: {found.error}"]
    fps = f", {found.fps:.4g} fps" if found.fps else ""
    lines = [
        f"{found.url}: {found.codec} {found.width}x{found.height}{fps}",
        f"  sound: {found.sound or 'none'}",
        f"  transport: {found.transport}" if found.transport else "",
        f"  goes in {found.way}: {found.why}",
    ]
    return [line for line in lines if line]


async def _at_livekit(options: argparse.Namespace, settings: Settings) -> int:
    """`create --via livekit-ingress`, `ingresses` and `delete`."""
    # Here, since `status` shall not wait for LiveKit's library.
    from ingress.livekit_ingress import service

    try:
        if options.command == "delete":
            gone = await service.delete(settings, options.id)
            _print(f"{gone.name} ({gone.id}): deleted")
        elif options.command == "create":
            await _create_at_livekit(options, settings)
        else:
            found = await service.list_all(settings)
            lines = [
                f"{one.id}  {one.kind}  {one.name}  {one.room}  {one.state}"
                + (f": {one.error}" if one.error else "")
                for one in found
            ]
            _say(options, [one.json() for one in found], lines or ["no LiveKit ingresses"])
    except service.IngressServiceError as error:
        return _failed(str(error))
    return 0


async def _create_at_livekit(options: argparse.Namespace, settings: Settings) -> None:
    from ingress.livekit_ingress.service import IngressServiceError, create

    if options.kind not in ("rtmp", "whip"):
        raise IngressServiceError("wrong", "LiveKit Ingress takes pushes by RTMP and WHIP")
    kind: Kind = options.kind
    room, name = options.room or settings.room, options.name or kind
    made = await create(settings, kind, room=room, name=name)
    title = f"{made.ingress.name} ({made.ingress.id}) into room {made.ingress.room}"
    lines = [title, f"  address: {made.address}", f"  key:     {made.key}"]
    _say(options, made.json(), lines)


def _say(options: argparse.Namespace, values: object, lines: Sequence[str]) -> None:
    """The values for programs, or these lines for a person."""
    for line in [json.dumps(values)] if options.json else lines:
        _print(line)


def _print(text: str) -> None:
    sys.stdout.write("".join(char if char.isprintable() else " " for char in text) + "\n")
    sys.stdout.flush()


def _failed(text: str) -> int:
    sys.stderr.write(f"ingress: {text}\n")
    return 1
