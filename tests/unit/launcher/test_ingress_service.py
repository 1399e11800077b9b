"""LiveKit Ingress beside the other processes: what it is told, and what nobody else sees."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr

from config.settings import Settings, load_settings
from launcher import ingress_build, ingress_service, redis_socket
from launcher.child import Spec
from launcher.errors import LaunchError

SECRET = "a secret of thirty-two characters"


def settings(folder: Path, **values: str) -> Settings:
    """Of a launcher that has keys."""
    cli = {"state_dir": str(folder / "state"), **values}
    read = load_settings(cli=cli, env={}, directory=folder)
    update = {"livekit_api_key": "key", "livekit_api_secret": SecretStr(SECRET)}
    return read.model_copy(update=update)


@pytest.fixture(autouse=True)
def _built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async def obtain(_: Callable[[str], None]) -> Path:
        return tmp_path / "cache" / "ingress"

    monkeypatch.setattr(ingress_build, "obtain", obtain)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")


def left_behind(folder: Path) -> list[Path]:
    """Folders for sockets."""
    return list(folder.glob("pressbox-ingress-*"))


async def prepared(wanted: Settings) -> ingress_service.Parts:
    """Parts for these settings."""
    return await ingress_service.prepare(wanted, lambda _: None)


async def test_service_and_server_share_a_redis_on_a_private_socket(tmp_path: Path) -> None:
    wanted = settings(tmp_path, ingress_rtmp_port="2935")
    parts = await prepared(wanted)
    try:
        assert parts.redis is not None
        livekit = parts.livekit(
            Spec("livekit", ("livekit-server",), {"LIVEKIT_CONFIG": "{port: 7880}"})
        )
        server = yaml.safe_load(livekit.env["LIVEKIT_CONFIG"])
        service = yaml.safe_load(parts.service(wanted).env["INGRESS_CONFIG_BODY"])
        assert server["port"] == 7880
        assert server["redis"] == service["redis"]
        path = Path(service["redis"]["address"])
        assert path.parent.stat().st_mode & 0o077 == 0
        assert str(path) in parts.redis.argv
        assert server["ingress"]["rtmp_base_url"] == "rtmp://127.0.0.1:2935/live"
        assert service["ws_url"] == wanted.livekit_url
        assert (tmp_path / "state" / "livekit-ingress").stat().st_mode & 0o077 == 0
    finally:
        parts.close()
        parts.close()
    assert not path.parent.exists()


async def test_no_secret_stands_in_an_argument_list(tmp_path: Path) -> None:
    wanted = settings(tmp_path)
    parts = await prepared(wanted)
    spec = parts.service(wanted)
    parts.close()
    assert spec.argv == (str(tmp_path / "cache" / "ingress"),)
    assert SECRET in spec.env["INGRESS_CONFIG_BODY"]
    assert SECRET not in repr(spec) + repr(parts)
    # It starts a child of its own by this name.
    assert spec.env["PATH"].split(":")[0] == str(tmp_path / "cache")


async def test_only_one_runs_in_a_state_folder(tmp_path: Path) -> None:
    first = await prepared(settings(tmp_path))
    with pytest.raises(LaunchError, match="STATE_DIR"):
        await prepared(settings(tmp_path))
    first.close()
    (await prepared(settings(tmp_path))).close()


async def test_a_server_of_others_needs_its_redis(tmp_path: Path) -> None:
    url = "wss://server.example"
    with pytest.raises(LaunchError, match="INGRESS_REDIS"):
        await prepared(settings(tmp_path, livekit_url=url))
    redis = {"ingress_redis": "rediss://me:p%40ss@cache.example:7000/3"}
    parts = await prepared(settings(tmp_path, livekit_url=url, **redis))
    parts.close()
    assert parts.redis is None
    assert parts.server_config["redis"] == {
        "address": "cache.example:7000",
        "db": 3,
        "username": "me",
        "password": "p@ss",
        "use_tls": True,
    }
    assert "p@ss" not in repr(parts)


@pytest.mark.parametrize("wrong", ["http://host", "redis://?x", "redis://host:x", "redis://host/x"])
async def test_a_wrong_redis_is_told_without_showing_it(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(LaunchError, match="redis://:password@host") as caught:
        await prepared(settings(tmp_path, livekit_url="wss://server", ingress_redis=wrong))
    assert wrong not in str(caught.value)
    assert left_behind(tmp_path) == []


async def test_for_other_computers_it_listens_everywhere_and_says_where(tmp_path: Path) -> None:
    wanted = settings(
        tmp_path, ingress_service_host="0.0.0.0", ingress_public_host="studio.example"
    )
    parts = await prepared(wanted)
    parts.close()
    spec = parts.service(wanted)
    assert spec.env["INGRESS_HOST"] == "0.0.0.0"
    assert "interfaces" not in yaml.safe_load(spec.env["INGRESS_CONFIG_BODY"])["rtc_config"]
    assert "http://studio.example:8196/whip" in parts.addresses()[0]
    assert {port.host for port in ingress_service.ports(wanted)} == {"0.0.0.0"}


async def test_an_image_of_the_server_cannot_reach_the_socket(tmp_path: Path) -> None:
    parts = await prepared(settings(tmp_path))
    parts.close()
    with pytest.raises(LaunchError, match="install Go"):
        parts.livekit(Spec("livekit", ("docker", "run"), {"LIVEKIT_CONFIG": "{}"}))


def test_a_module_that_is_not_as_expected_is_not_changed_by_halves(tmp_path: Path) -> None:
    (tmp_path / "pkg" / "service").mkdir(parents=True)
    (tmp_path / "pkg" / "service" / "cmd.go").write_text("package service\n")
    with pytest.raises(LaunchError, match=r"pkg/service/cmd\.go"):
        ingress_build.change(tmp_path)


class Redis:
    """Answers as redis does, and keeps what it was told."""

    def __init__(self, *keys: str) -> None:
        self.keys = list(keys)
        self.told: list[list[str]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readline():
            words = []
            for _ in range(int(head[1:])):
                length = int((await reader.readline())[1:])
                words.append((await reader.readexactly(length + 2))[:-2].decode())
            self.told.append(words)
            writer.write(self._answer(words))
            await writer.drain()
        writer.close()

    def _answer(self, words: list[str]) -> bytes:
        if words[0] == "PING":
            return b"+PONG\r\n"
        if words[0] == "KEYS":
            keys = b"".join(b"$%d\r\n%s\r\n" % (len(one), one.encode()) for one in self.keys)
            return b"*%d\r\n" % len(self.keys) + keys
        return b":1\r\n" if words[0] == "DEL" else b"+OK\r\n"


@asynccontextmanager
async def listening(redis: Redis, path: Path) -> AsyncIterator[Spec]:
    server = await asyncio.start_unix_server(redis.serve, str(path))
    try:
        yield redis_socket.spec(path, path.parent)
    finally:
        server.close()


async def test_keys_of_pushes_outlive_a_restart_and_all_else_does_not(tmp_path: Path) -> None:
    state = "{ingress}_state:IN_1"
    kept = ("ingress", "{ingress}_stream_key", "room_{ingress}:lobby")
    redis = Redis(*kept, state, "rooms", "nodes", "room_node_map")
    async with listening(redis, tmp_path / "redis") as spec:
        assert await spec.ready()
    changes = [words for words in redis.told if words[0] in ("DEL", "SET")]
    gone = [["DEL", name] for name in ("rooms", "nodes", "room_node_map")]
    assert changes == [["SET", state, ""], *gone]


async def test_a_redis_that_is_not_there_is_not_ready(tmp_path: Path) -> None:
    assert not await redis_socket.spec(tmp_path / "redis", tmp_path).ready()
