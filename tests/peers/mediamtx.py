"""mediamtx: a real media server that takes what cameras send and serves it in every protocol."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import yaml

from launcher.go_server import find
from launcher.mediamtx import MEDIAMTX
from tests.peers.program import Program
from tests.support.ports import free_port, free_ports, free_twins

USER, PASSWORD = "gate", "p@ss/w?rd"
"""Who may read what lies below `locked/`; below `open/` anybody may. mediamtx itself cannot take a
password with a `:`; `nasty_rtsp` can.
"""

PLAIN_PASSWORD = "p@ss#w;rd"
"""The password where authentication is `digest`: mediamtx takes no `/` and `?` there."""


class MediaServer(Program):
    """A mediamtx process on `host`; anybody may publish to it."""

    def __init__(
        self,
        binary: Path,
        folder: Path,
        *,
        host: str = "127.0.0.1",
        namespace: str = "",
        digest: bool = False,
        extra: dict[str, object] | None = None,
    ) -> None:
        self.host = host
        self.rtsp_port, self.rtmp_port, self.hls_port, self.api_port = free_ports(4)
        self.srt_port, self.rtp_port = free_port(), free_twins()
        self._digest = digest
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "mediamtx.yml"
        config.write_text(yaml.safe_dump({**self._settings(), **(extra or {})}))
        super().__init__((str(binary), str(config)), folder / "log", namespace=namespace)

    def rtsp(self, path: str, *, login: str = "") -> str:
        """Where this stream is read and published by RTSP; login: `user:password`."""
        at = f"{login}@" if login else ""
        return f"rtsp://{at}{self.host}:{self.rtsp_port}/{path}"

    def rtmp(self, path: str) -> str:
        """The same by RTMP."""
        return f"rtmp://{self.host}:{self.rtmp_port}/{path}"

    def hls(self, path: str) -> str:
        """The same as an HLS playlist."""
        return f"http://{self.host}:{self.hls_port}/{path}/index.m3u8"

    def srt(self, path: str, *, publish: bool = False) -> str:
        """The same by SRT."""
        way = "publish" if publish else "read"
        return f"srt://{self.host}:{self.srt_port}?streamid={way}:{path}"

    async def ready(self, paths: Sequence[str] = (), limit: float = 20.0) -> None:
        """Waits until it serves, and until somebody publishes to each of `paths`."""
        end = time.monotonic() + limit
        async with aiohttp.ClientSession() as session:
            while not set(paths) <= (found := await self._published(session)) or None in found:
                if time.monotonic() > end or not self.running:
                    missing = set(paths) - found
                    raise RuntimeError(f"no streams {missing}; mediamtx said: {self.log[-900:]}")
                await asyncio.sleep(0.05)

    async def _published(self, session: aiohttp.ClientSession) -> set[str | None]:
        """Names of the streams that are there; with None in it while it does not answer."""
        address = f"http://{self.host}:{self.api_port}/v3/paths/list?itemsPerPage=1000"
        try:
            async with session.get(address) as answer:
                items = (await answer.json())["items"]
        except (aiohttp.ClientError, KeyError):
            return {None}
        return {item["name"] for item in items if item["ready"]}

    def _settings(self) -> dict[str, object]:
        def at(port: int) -> str:
            return f"{self.host}:{port}"

        hashed = base64.b64encode(hashlib.sha256(PASSWORD.encode()).digest()).decode()
        password = PLAIN_PASSWORD if self._digest else f"sha256:{hashed}"
        anybody = [
            {"action": "publish"},
            {"action": "api"},
            {"action": "read", "path": "~^open/"},
        ]
        return {
            "logLevel": "info",
            "api": True,
            "apiAddress": at(self.api_port),
            "rtspTransports": ["udp", "tcp"],
            "rtspAddress": at(self.rtsp_port),
            "rtpAddress": at(self.rtp_port),
            "rtcpAddress": at(self.rtp_port + 1),
            "rtspAuthMethods": ["digest" if self._digest else "basic"],
            "rtmpAddress": at(self.rtmp_port),
            "hlsAddress": at(self.hls_port),
            "hlsVariant": "mpegts",
            "hlsSegmentCount": 4,
            "srtAddress": at(self.srt_port),
            "webrtc": False,
            "moq": False,
            "authInternalUsers": [
                {"user": "any", "permissions": anybody},
                {"user": USER, "pass": password, "permissions": [{"action": "read"}]},
            ],
            "paths": {"all_others": None},
        }


@contextmanager
def mediamtx(folder: Path, *, digest: bool = False) -> Iterator[MediaServer]:
    """A server on loopback. Raises RuntimeError where it was not built."""
    binary = find(MEDIAMTX)
    if binary is None:
        raise RuntimeError("mediamtx is missing: launcher/setup.sh peers gets it")
    with MediaServer(binary, folder, digest=digest) as server:
        yield server
