"""`python -m launcher.ingress_start [NAME=VALUE ...]`: LiveKit Ingress alone, until Ctrl-C.

It serves the LiveKit server of the settings, whose redis INGRESS_REDIS names. Without LIVEKIT_URL a
redis and a livekit-server of our own are started with it.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence

import aiohttp
from pydantic import SecretStr

from config.errors import SettingsError
from config.settings import Settings, load_settings
from launcher import ingress_service, keys, livekit_server, plan
from launcher.cli import parse
from launcher.errors import LaunchError
from launcher.log_stream import LogStream
from launcher.ports import Port, check
from launcher.supervisor import Supervisor

_PROBE = aiohttp.ClientTimeout(total=2.0)


def main(words: Sequence[str]) -> int:
    """Exit status: 0 after a signal, 1 when the start failed, 2 for a wrong setting."""
    try:
        values, _ = parse(words)
        settings = load_settings(cli=values)
    except SettingsError as error:
        for problem in error.problems:
            print(f"error: {problem}", file=sys.stderr)
        return 2
    return asyncio.run(_run(settings, LogStream(sys.stdout, width=15)))


async def _run(settings: Settings, log: LogStream) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    supervisor = Supervisor(log)
    starting = asyncio.create_task(_start(settings, supervisor, log), name="start")
    stopping = asyncio.create_task(stop.wait(), name="signal")
    parts = None
    status = 0
    try:
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            parts = starting.result()
            await stopping
    except LaunchError as error:
        log.line("run", f"error: {error}")
        status = 1
    finally:
        starting.cancel()
        stopping.cancel()
        await asyncio.gather(starting, stopping, return_exceptions=True)
        await supervisor.aclose(last="redis")
        if parts is not None:
            parts.close()
    log.line("run", "everything has ended")
    return status


async def _start(
    settings: Settings, supervisor: Supervisor, log: LogStream
) -> ingress_service.Parts:
    def say(text: str) -> None:
        log.line("run", text)

    own = plan.own_server(settings)
    check([*ingress_service.ports(settings), *(_livekit_ports(settings) if own else [])])
    if not own and not settings.livekit_api_secret.get_secret_value():
        raise LaunchError("LIVEKIT_URL needs LIVEKIT_API_KEY and LIVEKIT_API_SECRET, best in .env")
    parts = await ingress_service.prepare(settings, say)
    try:
        if parts.redis is not None:
            await supervisor.start(parts.redis)
        if own:
            settings = await _start_livekit(settings, parts, supervisor, log)
        log.hide([settings.livekit_api_secret.get_secret_value()])
        await supervisor.start(parts.service(settings))
    except BaseException:
        await supervisor.aclose(last="redis")
        parts.close()
        raise
    for line in parts.addresses():
        say(line)
    say("ready; Ctrl-C ends everything")
    return parts


async def _start_livekit(
    settings: Settings, parts: ingress_service.Parts, supervisor: Supervisor, log: LogStream
) -> Settings:
    key = settings.livekit_api_key
    secret = settings.livekit_api_secret.get_secret_value()
    if not key or len(secret) < keys.LEAST_SECRET:
        key, secret = keys.ensure(settings.state_dir, settings.livekit_url)
    log.hide([secret])
    update = {"livekit_api_key": key, "livekit_api_secret": SecretStr(secret)}
    server = await livekit_server.obtain(lambda text: log.line("run", text))
    spec = plan.livekit(settings, server, key, secret, lambda: _answers(settings.livekit_port))
    await supervisor.start(parts.livekit(spec))
    log.line("run", f"livekit-server at {settings.livekit_url}")
    return settings.model_copy(update=update)


def _livekit_ports(settings: Settings) -> list[Port]:
    return [
        Port(settings.livekit_port, "LIVEKIT_PORT", "livekit-server"),
        Port(settings.livekit_tcp_port, "LIVEKIT_TCP_PORT", "livekit-server, media"),
        Port(settings.livekit_udp_port, "LIVEKIT_UDP_PORT", "livekit-server, media", udp=True),
    ]


async def _answers(port: int) -> bool:
    try:
        async with (
            aiohttp.ClientSession(timeout=_PROBE) as session,
            session.get(f"http://127.0.0.1:{port}/") as response,
        ):
            return response.status == 200
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
