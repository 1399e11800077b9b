"""LiveKit Ingress with its redis and a livekit-server that knows it, on free ports.

    async with ingress_service() as rig:
        made = await livekit_ingress.create(rig.settings, "rtmp", room="lobby", name="push")
        rig.server.token("lobby", "viewer")

Needs the service built: `make ingress-service`, or `python -m launcher.ingress_build`.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from config.settings import Settings, load_settings
from launcher import ingress_service as service
from launcher.log_stream import LogStream
from launcher.supervisor import Supervisor
from tests.support.livekit_server import LiveKitServer, find_binary
from tests.support.ports import free_ports


@dataclass(frozen=True)
class IngressRig:
    """server: a LiveKitServer as other tests have it; settings: for the code under test; log: what
    redis and the service have written.
    """

    server: LiveKitServer
    settings: Settings
    folder: Path
    _supervisor: Supervisor

    @property
    def log(self) -> str:
        """What redis and the service have written so far."""
        return (self.folder / "service.log").read_text(errors="replace")

    def pid(self, name: str) -> int:
        """Process id of `livekit-ingress` or `redis`."""
        return self._supervisor.pid(name)


class _Server(LiveKitServer):
    def __init__(self, binary: Path, folder: Path, extra: Mapping[str, object]) -> None:
        self._extra = extra
        super().__init__(binary, folder)

    def _settings(self) -> dict[str, object]:
        return super()._settings() | dict(self._extra)


@asynccontextmanager
async def ingress_service(**values: str) -> AsyncIterator[IngressRig]:
    """All three, ready. values: further settings, such as `ingress_service_host`.

    Raises LaunchError where something is missing, RuntimeError where a server does not start.
    """
    binary = find_binary()
    if binary is None:
        raise RuntimeError("there is no livekit-server: make setup")
    with TemporaryDirectory(prefix="pressbox-rig-") as name:
        folder = Path(name)
        async with contextlib.AsyncExitStack() as stack:
            log = stack.enter_context((folder / "service.log").open("w"))
            settings = _settings(folder, values)
            parts = await service.prepare(settings, lambda _: None)
            stack.callback(parts.close)
            supervisor = Supervisor(LogStream(log, colour=False))
            stack.push_async_callback(supervisor.aclose, last="redis")
            if parts.redis is not None:
                await supervisor.start(parts.redis)
            server = _Server(binary, folder, parts.server_config)
            stack.callback(server.kill)
            server.start()
            await server.ready()
            settings = load_settings(
                cli={**_given(settings), "livekit_url": server.url}
                | {"livekit_api_key": server.api_key, "livekit_api_secret": server.api_secret},
                env={},
                directory=folder,
            )
            await supervisor.start(parts.service(settings))
            yield IngressRig(server, settings, folder, supervisor)


def _settings(folder: Path, values: Mapping[str, str]) -> Settings:
    rtmp, whip, udp, port = free_ports(4)
    cli = {
        "state_dir": str(folder / "state"),
        "ingress_rtmp_port": str(rtmp),
        "ingress_whip_port": str(whip),
        "ingress_whip_udp_port": str(udp),
        "ingress_port": str(port),
    }
    return load_settings(cli=cli | dict(values), env={}, directory=folder)


def _given(settings: Settings) -> dict[str, object]:
    return {name: getattr(settings, name) for name in settings.model_fields_set}
