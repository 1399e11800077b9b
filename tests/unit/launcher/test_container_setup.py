"""What is set up before containers start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from config.settings import Settings, load_settings
from launcher.container_setup import setup


def settings(folder: Path) -> Settings:
    cli = {"livekit_url": "ws://livekit:7880", "state_dir": str(folder), "detector": "off"}
    return load_settings(cli=cli, env={}, directory=folder)


def config(folder: Path) -> dict[str, Any]:
    setup(settings(folder), folder / "livekit")
    found: dict[str, Any] = yaml.safe_load((folder / "livekit/livekit.yaml").read_text())
    return found


def test_all_find_the_keys_of_the_first_start(tmp_path: Path) -> None:
    first = config(tmp_path)
    assert config(tmp_path) == first
    known = settings(tmp_path)
    key, secret = known.livekit_api_key, known.livekit_api_secret.get_secret_value()
    assert first["keys"] == {key: secret}
    others = yaml.safe_load((tmp_path / "livekit/services.yaml").read_text())
    assert (others["api_key"], others["api_secret"]) == (key, secret)
    secret_files = ["livekit.env", "admin.token", "livekit/livekit.yaml", "livekit/services.yaml"]
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in secret_files} == {0o600}


def test_media_goes_by_the_machines_address_where_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = config(tmp_path)
    assert "bind_addresses" not in inside
    assert not {"node_ip", "interfaces", "enable_loopback_candidate"} & inside["rtc"].keys()
    monkeypatch.setenv("HOST_ADDRESS", "192.168.1.5")
    assert config(tmp_path)["rtc"]["node_ip"] == "192.168.1.5"
    assert "turn" not in config(tmp_path)
    monkeypatch.setenv("TURN_UDP_PORT", "3478")
    assert config(tmp_path)["turn"]["allow_restricted_peer_cidrs"] == ["192.168.1.5/32"]
    monkeypatch.setenv("TURN_DOMAIN", "turn.example")
    assert config(tmp_path)["turn"]["tls_port"] == 5349
