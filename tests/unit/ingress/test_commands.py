"""The commands that speak to the service: what they send, what they say."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from config.settings import Settings, load_settings
from ingress import commands
from ingress.api import Api
from ingress.command_line import main, parser
from ingress.commands import run_command
from tests.support.ports import free_port
from tests.unit.ingress.scripted_sources import ScriptedSources

LIVE = {
    "state": "live",
    "codec": "h264",
    "width": 1280,
    "height": 720,
    "fps": 30.0,
    "bitrate": 2_400_000,
    "way": "passthrough",
}
SECRET = "rtsp://admin:p@ss@cam-1/a?password=hunter2&token=t0ken-value"
SECRETS = ("p@ss", "p%40ss", "hunter2", "t0ken-value")

Run = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    values = {"ingress_port": free_port(), "state_dir": str(tmp_path), "admin_token": "t" * 16}
    return load_settings(cli=values, env={}, directory=tmp_path)


@pytest.fixture(autouse=True)
def _own_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """`publish` sets the log of its process up, which is this one."""
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", root.handlers)
    monkeypatch.setattr(root, "level", root.level)
    monkeypatch.setattr(commands, "RATE_TIME", 0.1)


@pytest.fixture
def sources() -> ScriptedSources:
    return ScriptedSources()


@pytest.fixture
async def run(
    settings: Settings, sources: ScriptedSources, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[Run]:
    """Runs a command against a service of ScriptedSources: status, stdout, stderr."""

    async def run_(*words: str) -> tuple[int, str, str]:
        status = await run_command(parser().parse_args(words), settings)
        said = capsys.readouterr()
        return status, said.out, said.err

    app = Api(settings, sources, "t" * 16).app()
    async with TestServer(app, port=settings.ingress_port):
        yield run_


async def test_add_says_how_it_went(run: Run, sources: ScriptedSources) -> None:
    sources.after = LIVE
    status, out, err = await run("add", SECRET, "--room", "hall", "--name", "gate", "--no-sound")
    assert (status, err) == (0, "")
    assert out == "gate: live, h264 1280x720 30 fps, passthrough\n"
    spec, from_page = sources.added[0]
    assert (spec.name, spec.room, spec.sound, from_page) == ("gate", "hall", False, False)
    assert spec.address.password == "p@ss"


async def test_create_says_where_to_push_to_and_what_it_waits_for(
    run: Run, sources: ScriptedSources
) -> None:
    sources.after = {"error": "waiting for a push"}
    status, out, err = await run("create", "--rtmp", "--name", "studio", "--room", "hall")
    assert (status, err) == (0, "")
    key = sources.added[0][0].address.password
    assert out.splitlines() == [
        "studio into room hall; the key is shown this once",
        "  address: rtmp://127.0.0.1:1935/live",
        f"  key:     studio?pass={key}",
        "  connecting: waiting for a push",
    ]
    _, out, _ = await run("list")
    assert key not in out


async def test_a_file_here_is_sent_with_its_whole_path(
    run: Run, sources: ScriptedSources, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.media_dir.mkdir()
    (settings.media_dir / "clip.mp4").write_bytes(b"")
    monkeypatch.chdir(settings.media_dir)
    sources.after = LIVE
    assert (await run("add", "clip.mp4"))[0] == 0
    assert sources.added[0][0].address.url == str(settings.media_dir / "clip.mp4")


async def test_what_the_service_refuses_is_one_line(run: Run) -> None:
    for words, says in (
        (("add", "/etc/hostname"), "MEDIA_DIR"),
        (("remove", "gone"), "there is no source gone in room lobby"),
        (("wake", "gone", "--room", "x"), "there is no source gone in room x"),
        (("add", "rtsp://cam", "--name", "a b"), "name"),
    ):
        status, out, err = await run(*words)
        assert (status, out) == (1, "")
        assert err.startswith("ingress: ")
        assert says in err
        assert err.count("\n") == 1


async def test_list_status_wake_remove(run: Run, sources: ScriptedSources) -> None:
    assert "no sources" in (await run("list"))[1]
    assert "no sources" in (await run("status"))[1]
    sources.after = LIVE | {"reconnects": 2, "error": "it was away"}
    await run("add", SECRET, "--name", "gate")
    _, out, _ = await run("status")
    assert out.startswith("gate in lobby: live, h264 1280x720 30 fps, passthrough, 2 reconnects")
    assert out.endswith("last error: it was away\n")
    assert json.loads((await run("status", "--json"))[1])[0]["name"] == "gate"
    assert (await run("list"))[1] == "gate  lobby  rtsp://cam-1/a  live\n"
    assert json.loads((await run("list", "--json"))[1])[0]["url"] == "rtsp://cam-1/a"
    assert (await run("wake", "gate"))[0] == 0
    assert sources.woken == [("gate", "lobby")]
    assert (await run("remove", "gate"))[0] == 0
    assert sources.reports == {}


def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESSBOX_INGRESS_PORT", str(free_port()))
    monkeypatch.setenv("PRESSBOX_STATE_DIR", str(tmp_path))


@pytest.mark.parametrize("command", ["list", "status", "add rtsp://x", "remove x", "wake x"])
def test_no_service_is_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    given(tmp_path, monkeypatch)
    assert main(command.split()) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "`make run` or `python -m ingress serve`" in err


@pytest.mark.parametrize(
    "words",
    [
        ["add", SECRET],
        ["add", SECRET, "--room"],
        ["add", "x", SECRET],
        ["add", "--transport", SECRET, "x"],
        ["add", "x", "--start", SECRET],
        ["add", "ftp" + SECRET],
        ["add", "x", "--model-url", SECRET, "--via", SECRET],
        ["publish", SECRET, "--url", SECRET],
        ["publish", "ftp" + SECRET],
        ["probe", "ftp" + SECRET],
        ["create", "--rtmp", SECRET],
        ["remove", SECRET],
        ["wake", SECRET],
        ["delete", SECRET],
        [SECRET],
        ["--" + SECRET],
    ],
)
def test_no_word_comes_back_with_its_password(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    words: list[str],
) -> None:
    given(tmp_path, monkeypatch)
    try:
        status = main(words)
    except SystemExit as end:
        status = int(end.code or 0)
    assert status in (1, 2)
    said = "".join(capfd.readouterr()) + caplog.text
    assert said.strip()
    assert not any(secret in said for secret in SECRETS)


def test_an_address_is_read_from_the_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    given(tmp_path, monkeypatch)
    monkeypatch.setattr("sys.stdin", io.StringIO(SECRET.replace("rtsp", "ftp") + "\n"))
    assert main(["probe", "-"]) == 2
    said = capfd.readouterr()
    assert "an address such as" in said.err
    assert not any(secret in said.err for secret in SECRETS)
