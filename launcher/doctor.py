"""`python -m launcher.doctor [NAME=VALUE ...]`, `make doctor`: looks whether `make run` will work.

One line for each thing: what is, and what to do. Nothing is started, made or changed.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp
import av
import psutil

from config.admin_token import FILE_NAME
from config.errors import SettingsError
from config.origins import KEY_FILE
from config.own_address import own_address
from config.page_address import is_open, page_for_others
from config.settings import Settings, load_settings
from launcher import go_server, plan, ports
from launcher.app import check_access
from launcher.child import child_environment
from launcher.cli import parse
from launcher.errors import LaunchError, why_away
from launcher.livekit_server import LIVEKIT
from vision import weights

GB = 1e9
_LIMIT = 60.0
_QUICK = 3.0
"""Seconds that a program, and an answer, may take."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is so: fine, worth a thought, or something that keeps `make run` from working."""

    how: Literal["ok", "note", "wrong"]
    what: str
    text: str


Look = Callable[[Settings], Iterator[Found]]


def machine(_: Settings) -> Iterator[Found]:
    """Cores and memory."""
    cores = len(os.sched_getaffinity(0))
    more = "" if cores >= 2 else "; a room takes about half of one, the engine sketch another half"
    yield Found("ok" if cores >= 2 else "note", "cores", f"{cores}{more}")
    free = psutil.virtual_memory().available / GB
    how: Literal["ok", "wrong", "note"] = "ok" if free >= 2 else "note" if free >= 0.7 else "wrong"
    more = "" if how == "ok" else "; end other programs: the processes take 1.5 GB, a room 0.3 more"
    yield Found(how, "memory", f"{free:.1f} GB free{more}")


def disk(settings: Settings) -> Iterator[Found]:
    """Where what lasts is kept."""
    folder = settings.state_dir
    there = next(one for one in (folder, *folder.parents) if one.exists())
    free = shutil.disk_usage(there).free / GB
    if not os.access(there, os.W_OK):
        yield Found("wrong", "disk", f"{there} cannot be written to: choose STATE_DIR")
    elif free < 0.1:
        yield Found("wrong", "disk", f"{free:.2f} GB free in {there}: make room, or set STATE_DIR")
    else:
        yield Found("ok", "disk", f"{free:.0f} GB free in {there}")


def listening(settings: Settings) -> Iterator[Found]:
    """The ports of all processes, as the launcher will ask for them."""
    wanted = plan.ports(settings)
    try:
        ports.check(wanted)
    except LaunchError as error:
        yield Found("wrong", "ports", str(error))
    else:
        yield Found("ok", "ports", ", ".join(str(one.number) for one in wanted) + " are free")


def gpu(settings: Settings) -> Iterator[Found]:
    """What nvidia-smi knows."""
    asked = "--query-gpu=name,memory.free,memory.total"
    done = _run("nvidia-smi", asked, "--format=csv,noheader")
    cards = done.stdout.strip().replace("\n", "; ") if done and done.returncode == 0 else ""
    fine = cards or settings.engine == "sketch" or not plan.own_engine(settings)
    said = cards or "none; sketch needs none, models want one"
    yield Found("ok" if fine else "note", "GPU", said)


def engine(settings: Settings) -> Iterator[Found]:
    """Our own engine with its model; others are asked by `network`."""
    if not plan.own_engine(settings) or settings.engine == "sketch":
        return
    environment = child_environment(settings.explicit())
    done = _run(sys.executable, "-m", "models", "check", environment=environment)
    if done is None:
        yield Found("note", "model", f"python -m models check did not end within {_LIMIT:g} s")
        return
    told = (done.stdout + done.stderr).strip().splitlines() or ["nothing was said"]
    verdict = next((line for line in told if line.startswith("verdict: ")), told[-1])
    how: Literal["ok", "wrong"] = "ok" if done.returncode == 0 else "wrong"
    yield Found(how, "model", f"{verdict} (all of it: python -m models check)")


def parts(settings: Settings) -> Iterator[Found]:
    """What is used and may be missing."""
    found = go_server.find(LIVEKIT)
    if plan.own_server(settings):
        yield Found("ok", "LiveKit", str(found or "livekit-server is got at the first start"))
    try:
        av.codec.Codec("libx264", "w")
        yield Found("ok", "video", f"PyAV {av.__version__} with libx264")
    except av.codec.codec.UnknownCodecError:
        yield Found("wrong", "video", "PyAV has no libx264: remove .venv, then make run")
    if settings.detector != "off" and weights.find(settings.detector) is None:
        said = "no weights yet: got at the start; without them nothing is named"
        yield Found("note", "detector", said)


def secrets(settings: Settings) -> Iterator[Found]:
    """Whether others on this machine can read keys."""
    files = [settings.state_dir / KEY_FILE, settings.state_dir / FILE_NAME, plan.ROOT / ".env"]
    there = [one for one in files if one.exists()]
    loose = [str(one) for one in there if one.stat().st_mode & 0o077]
    if loose:
        yield Found("note", "keys", f"others can read them: chmod 600 {' '.join(loose)}")
    else:
        yield Found("ok", "keys", f"{len(there)} kept, for you alone; others are made when needed")


def clock(_: Settings) -> Iterator[Found]:
    """Whether somebody keeps it right. Lines and pictures go by a clock that never steps; tokens,
    rules with hours and the log by this one.
    """
    done = _run("timedatectl", "show", "--property=NTPSynchronized", "--value")
    said = done.stdout.strip() if done else ""
    if said == "yes":
        yield Found("ok", "clock", "kept by NTP")
    else:
        more = "not kept by NTP: timedatectl set-ntp true" if said else "who keeps it is not known"
        yield Found("note", "clock", f"{time.strftime('%F %T %Z')}; {more}")


def network(settings: Settings) -> Iterator[Found]:
    """LiveKit, engines, and the way of media."""
    try:
        if not plan.own_server(settings):
            asyncio.run(check_access(settings))
            yield Found("ok", "network", "LIVEKIT_URL answers and takes the key")
    except LaunchError as error:
        yield Found("wrong", "network", str(error))
    if not plan.own_engine(settings):
        for url in settings.engine_urls:
            why = asyncio.run(_answer(url, settings.engine_api_key.get_secret_value()))
            yield Found("note" if why else "ok", "engine", f"{url} {why or 'answers'}")
    address = own_address()
    if not _udp(address):
        said = f"no UDP from this machine to its own {address}: a firewall? Media need it"
        yield Found("note", "media", said)
    elif is_open(settings):
        said = f"others find the page at {page_for_others(settings)}, media at {address}"
        yield Found("ok", "media", said)
    else:
        yield Found("ok", "media", "for this machine only; LAN=true for phones and others")


LOOKS: tuple[Look, ...] = (
    *(machine, disk, listening, gpu, engine, parts, secrets, clock, network),
)


def examine(settings: Settings) -> Iterator[Found]:
    """All of it, one after another: some seconds."""
    for look in LOOKS:
        yield from look(settings)


def main(words: Sequence[str]) -> int:
    """Exit status: 1 where `make run` would not work, 2 for a wrong setting."""
    try:
        values, _ = parse(words)
        settings = load_settings(cli=values)
    except SettingsError as error:
        for problem in error.problems:
            print(f"wrong setting    {problem}")
        return 2
    wrong = False
    for found in examine(settings):
        wrong = wrong or found.how == "wrong"
        print(f"{found.how:<5} {found.what:<10} {found.text}", flush=True)
    return int(wrong)


def _run(
    *words: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str] | None:
    """None where there is no such program, or it does not end."""
    more: dict[str, Any] = {"cwd": plan.ROOT, "env": environment, "text": True}
    try:
        return subprocess.run(words, capture_output=True, timeout=_LIMIT, **more)
    except (OSError, subprocess.TimeoutExpired):
        return None


async def _answer(url: str, key: str) -> str:
    """What is wrong with an engine; "" where it answers."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    limit = aiohttp.ClientTimeout(total=_QUICK)
    try:
        async with (
            aiohttp.ClientSession(timeout=limit, headers=headers) as session,
            session.get(f"{url}/models") as answer,
        ):
            known = {200: "", 401: "refuses ENGINE_API_KEY", 403: "refuses ENGINE_API_KEY"}
            other = f"answers HTTP {answer.status} to /models: an address is such as http://host/v1"
            return known.get(answer.status, other)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return f"does not answer ({why_away(error)}); rooms stay silent until it does"


def _udp(address: str) -> bool:
    """Whether a datagram comes to this machine by its own address."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as one, socket.socket(family, one.type) as other:
        one.settimeout(_QUICK)
        try:
            one.bind((address, 0))
            other.sendto(b"?", one.getsockname())
            return one.recv(1) == b"?"
        except OSError:
            return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
