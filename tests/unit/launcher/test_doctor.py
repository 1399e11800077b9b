"""What `make doctor` finds, and when it fails."""

from __future__ import annotations

import socket
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from threading import Thread

import pytest

from launcher.doctor import main
from tests.support.ports import free_port, free_ports

PORTS = ("WEB_PORT", "INGRESS_PORT", "METRICS_PORT", "ENGINE_PORT")
MEDIA = ("LIVEKIT_PORT", "LIVEKIT_TCP_PORT", "LIVEKIT_UDP_PORT")


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    names = (*PORTS, *MEDIA)
    given = zip(names, free_ports(len(names)), strict=True)
    return [f"STATE_DIR={tmp_path}/state", *(f"{name}={port}" for name, port in given)]


def found(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str, str]]:
    lines = capsys.readouterr().out.splitlines()
    return [(line[:5].strip(), line[6:16].strip(), line[17:]) for line in lines]


def test_a_machine_on_which_it_will_run(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 0
    told = found(capsys)
    assert "wrong" not in {how for how, _, _ in told}
    named = {what for _, what, _ in told}
    assert named >= {"cores", "memory", "disk", "ports", "GPU", "LiveKit", "video", "keys", "clock"}
    assert not list(tmp_path.iterdir())


def test_a_port_that_is_taken(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main([*words, f"METRICS_PORT={port}"]) == 1
    (said,) = (text for how, what, text in found(capsys) if (how, what) == ("wrong", "ports"))
    assert str(port) in said


def test_what_others_can_read_and_what_does_not_answer(
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LIVEKIT_API_SECRET", "s3cret" * 8)
    (tmp_path / "state").mkdir()
    loose = tmp_path / "state" / "admin.token"
    loose.write_text("t" * 43)
    loose.chmod(0o644)
    nobody = f"127.0.0.1:{free_port()}"
    away = (f"LIVEKIT_URL=ws://{nobody}", "LIVEKIT_API_KEY=key", f"ENGINE_URL=http://{nobody}/v1")
    assert main([*words, *away]) == 1
    told = found(capsys)
    assert any((how, what) == ("wrong", "network") and nobody in text for how, what, text in told)
    assert ("note", "engine") in {(how, what) for how, what, text in told if "refused" in text}
    assert any((how, what) == ("note", "keys") and str(loose) in text for how, what, text in told)
    assert "s3cret" not in str(told)


def test_an_address_that_is_no_engines(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        Thread(target=server.handle_request, daemon=True).start()
        assert main([*words, f"ENGINE_URL=http://127.0.0.1:{server.server_port}/none"]) == 0
    assert [how for how, what, _ in found(capsys) if what == "engine"] == ["note"]
