"""The commands that speak to the LiveKit Ingress service, through the LiveKit server."""

from __future__ import annotations

import argparse
import json
import sys

from config.settings import Settings
from ingress import livekit_ingress
from ingress.livekit_ingress import Created, Ingress, IngressServiceError, Kind


async def run_ingresses(options: argparse.Namespace, settings: Settings) -> int:
    """Runs `create`, `ingresses` or `delete`; returns the exit status."""
    try:
        if options.command == "create":
            return await _create(options, settings)
        if options.command == "delete":
            gone = await livekit_ingress.delete(settings, options.id)
            _print(f"{gone.name} ({gone.id}): deleted")
            return 0
        found = await livekit_ingress.list_all(settings)
    except IngressServiceError as error:
        sys.stderr.write(f"ingress: {error}\n")
        return 1
    if options.json:
        _print(json.dumps([one.json() for one in found]))
    else:
        for line in map(_line, found):
            _print(line)
        if not found:
            _print("no LiveKit ingresses")
    return 0


async def _create(options: argparse.Namespace, settings: Settings) -> int:
    if options.kind not in ("rtmp", "whip"):
        raise IngressServiceError("wrong", "LiveKit Ingress takes pushes by RTMP and WHIP")
    kind: Kind = options.kind
    room, name = options.room or settings.room, options.name or kind
    made = await livekit_ingress.create(settings, kind, room=room, name=name)
    if options.json:
        _print(json.dumps(made.json()))
    else:
        for line in _created_lines(made):
            _print(line)
    return 0


def _created_lines(made: Created) -> list[str]:
    return [
        f"{made.ingress.name} ({made.ingress.id}) into room {made.ingress.room}",
        f"  address: {made.address}",
        f"  key:     {made.key}",
    ]


def _line(one: Ingress) -> str:
    error = f": {one.error}" if one.error else ""
    return f"{one.id}  {one.kind}  {one.name}  {one.room}  {one.state}{error}"


def _print(text: str) -> None:
    sys.stdout.write("".join(char if char.isprintable() else " " for char in text) + "\n")
