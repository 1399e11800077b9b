"""What would be started."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr

from config.settings import Settings, load_settings
from config.source_spec import source_spec
from launcher import plan
from launcher.child import Spec, at_once
from launcher.go_server import Server

SECRET = "a-secret-of-more-than-32-characters"


def settings(**given: object) -> Settings:
    return Settings.model_validate(
        {"livekit_api_key": "key", "livekit_api_secret": SecretStr(SECRET), **given}
    )


def specs(of: Settings) -> dict[str, Spec]:
    server = Server(("livekit-server",), "test")
    made = [
        plan.livekit(of, server, "key", SECRET, at_once),
        *plan.engines(of, lambda _: at_once),
        plan.agent(of, lambda: None),
        plan.web(of, at_once),
        plan.ingress(of, source_spec({"name": "demo", "url": "demo"}), at_once),
    ]
    return {spec.name: spec for spec in made}


def test_secrets_go_by_the_environment_only() -> None:
    for spec in specs(settings()).values():
        assert SECRET not in " ".join(spec.argv)
        assert SECRET not in repr(spec)


def test_the_engine_gets_no_livekit_key() -> None:
    env = specs(settings())["engine"].env
    assert SECRET not in env.values()


@pytest.mark.parametrize("name", ["agent", "web", "ingress"])
def test_children_read_what_the_launcher_read(name: str, tmp_path: Path) -> None:
    of = settings(room="x", capture_fps=3, livekit_port=9000)
    child = load_settings(env=specs(of)[name].env, directory=tmp_path)
    assert child.livekit_url == "ws://127.0.0.1:9000"
    assert child.livekit_api_secret.get_secret_value() == SECRET
    assert (child.room, child.capture_fps) == ("x", 3)


def test_livekit_gets_its_ports_and_keys() -> None:
    of = settings(livekit_port=9000, livekit_tcp_port=9001, livekit_udp_port=9002)
    env = specs(of)["livekit"].env
    config = yaml.safe_load(env["LIVEKIT_CONFIG"])
    assert (config["port"], config["rtc"]["tcp_port"], config["rtc"]["udp_port"]) == (
        9000,
        9001,
        9002,
    )
    assert config["bind_addresses"] == ["127.0.0.1"]
    assert config["rtc"]["enable_loopback_candidate"] is True
    asked = {server.partition(":")[0] for server in config["rtc"]["stun_servers"]}
    assert asked == {"127.0.0.1"}, "or browsers ask others"
    assert env["LIVEKIT_KEYS"] == f"key: {SECRET}"


@pytest.mark.parametrize("values", [{"lan": True}, {"web_host": "0.0.0.0"}])
def test_media_comes_by_all_addresses_where_others_may_come(values: dict[str, object]) -> None:
    of = settings(**values)
    config = yaml.safe_load(specs(of)["livekit"].env["LIVEKIT_CONFIG"])
    assert config["bind_addresses"] == ["127.0.0.1"], "the page hands the signalling on"
    assert not {"node_ip", "interfaces"} & config["rtc"].keys()
    assert config["rtc"]["use_ice_lite"] is True, "or it asks STUN servers who it is"
    hosts = {port.setting: port.host for port in plan.ports(of)}
    assert hosts["LIVEKIT_UDP_PORT"] == hosts["LIVEKIT_TCP_PORT"] == "0.0.0.0"
    assert ("TLS_PORT" in hosts) is of.lan


def test_there_is_an_engine_for_each_device_and_the_agent_knows_all() -> None:
    of = settings(engine="minicpmo", engine_device="cuda:0,cuda:1", engine_port=9100)
    asked: list[str] = []

    def answers(url: str) -> plan.Ready:
        asked.append(url)
        return at_once

    engines = plan.engines(of, answers)
    assert [spec.name for spec in engines] == ["engine", "engine-2"]
    assert [spec.argv[-4:] for spec in engines] == [
        ("--device", "cuda:0", "--port", "9100"),
        ("--device", "cuda:1", "--port", "9110"),
    ]
    assert asked == ["http://127.0.0.1:9100/health", "http://127.0.0.1:9110/health"]
    assert of.engine_urls == ("http://127.0.0.1:9100/v1", "http://127.0.0.1:9110/v1")
    assert [port.number for port in plan.ports(of) if port.setting == "ENGINE_PORT"] == [9100, 9110]


def test_the_ingress_gets_all_sources_and_nobody_else(tmp_path: Path) -> None:
    kept = {"name": "gate", "url": "rtsp://u:p@ss@cam", "room": "hall"}
    of = load_settings(cli={"sources": [kept]}, env={}, directory=tmp_path)
    for name, spec in specs(of).items():
        child = load_settings(env=spec.env, directory=tmp_path)
        wanted = [("gate", "hall"), ("demo", "")] if name == "ingress" else []
        assert [(one.name, one.room) for one in child.sources] == wanted
        assert "p@ss" not in " ".join(spec.argv)
        assert ("p@ss" in json.dumps(dict(spec.env))) == (name == "ingress")


@pytest.mark.parametrize(
    ("name", "whose"), [("admin_token", {"ingress", "web"}), ("room_key", {"agent"})]
)
def test_a_secret_goes_where_it_is_needed(name: str, whose: set[str]) -> None:
    of = settings(**{name: SecretStr("the-word-of-somebody")})
    made = specs(of).items()
    assert {name for name, spec in made if "the-word-of" in json.dumps(dict(spec.env))} == whose
