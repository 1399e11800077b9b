"""A real livekit-server on loopback, for tests."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
import yaml
from livekit import api

from launcher.go_server import find
from launcher.livekit_server import LIVEKIT
from tests.support.ports import free_ports
from tests.support.until import until

START_TIMEOUT = 15.0
STOP_TIMEOUT = 5.0


def find_binary() -> Path | None:
    """livekit-server: by PRESSBOX_LIVEKIT_SERVER, on PATH, or where the launcher keeps it."""
    named = os.environ.get("PRESSBOX_LIVEKIT_SERVER")
    return Path(named) if named and os.access(named, os.X_OK) else find(LIVEKIT)


class LiveKitServer:
    """One server process; `kill` and `start` bring it down and back on the same ports."""

    def __init__(
        self, binary: Path, folder: Path, extra: Mapping[str, object] | None = None
    ) -> None:
        """extra: more of its configuration."""
        self._binary = binary
        self._folder = folder
        self.port, self.tcp_port, self.udp_port = free_ports(3)
        self.api_key = "pressboxtest"
        self.api_secret = secrets.token_urlsafe(36)
        self._process: subprocess.Popen[bytes] | None = None
        self._config = folder / "livekit.yaml"
        self._config.write_text(yaml.safe_dump({**self._settings(), **(extra or {})}))

    @property
    def url(self) -> str:
        """Address for clients."""
        return f"ws://127.0.0.1:{self.port}"

    @property
    def http_url(self) -> str:
        """Address of the server API."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What the server has written so far."""
        return (self._folder / "log").read_text(errors="replace")

    @property
    def environment(self) -> dict[str, str]:
        """The settings that point a process of ours to this server."""
        return {
            "LIVEKIT_URL": self.url,
            "LIVEKIT_API_KEY": self.api_key,
            "LIVEKIT_API_SECRET": self.api_secret,
        }

    def start(self) -> None:
        """Starts the process, unless it runs; does not wait for it."""
        if self._process is not None and self._process.poll() is None:
            return
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._binary, "--config", self._config], stdout=log, stderr=log
            )

    async def ready(self) -> None:
        """Waits until it answers. Raises RuntimeError with the end of its log."""
        async with aiohttp.ClientSession() as session:
            try:
                await until(lambda: self._answers(session), START_TIMEOUT)
            except TimeoutError:
                raise RuntimeError(f"livekit-server did not start: {self.log[-500:]}") from None

    async def restart(self) -> None:
        """Kills it, as a crash would, and starts it again on the same ports."""
        self.kill()
        self.start()
        await self.ready()

    def kill(self) -> None:
        """Ends it at once and waits for its end. Idempotent."""
        process, self._process = self._process, None
        if process:
            process.kill()
            process.wait(STOP_TIMEOUT)

    def token(
        self,
        room: str,
        identity: str,
        *,
        publish: bool = True,
        kind: api.AccessToken.ParticipantKind = "standard",
    ) -> str:
        """A token for a participant."""
        grants = api.VideoGrants(
            room_join=True,
            room=room,
            can_publish=publish,
            can_publish_data=True,
            can_subscribe=True,
            can_update_own_metadata=True,
        )
        token = api.AccessToken(self.api_key, self.api_secret).with_identity(identity)
        return token.with_kind(kind).with_grants(grants).to_jwt()

    def api(self) -> api.LiveKitAPI:
        """A client of the server API; close it with `aclose`."""
        return api.LiveKitAPI(self.http_url, self.api_key, self.api_secret)

    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"livekit-server ended: {self.log[-500:]}")
        try:
            async with session.get(self.http_url) as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    def _settings(self) -> dict[str, object]:
        return {
            "port": self.port,
            "bind_addresses": ["127.0.0.1"],
            "log_level": "info",
            "rtc": {
                "tcp_port": self.tcp_port,
                "udp_port": self.udp_port,
                "use_external_ip": False,
                "enable_loopback_candidate": True,
                "node_ip": "127.0.0.1",
                "interfaces": {"includes": ["lo"]},
            },
            "keys": {self.api_key: self.api_secret},
        }


@contextmanager
def livekit_server_process(binary: Path) -> Iterator[LiveKitServer]:
    """A server that is started on entering, though perhaps not ready, and killed on leaving."""
    with TemporaryDirectory(prefix="pressbox-livekit-") as folder:
        server = LiveKitServer(binary, Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.kill()
