"""Sources in the settings: checked one by one, told in one line, and never shown with secrets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from config.settings import Settings, SettingsError, load_settings
from config.source_spec import SpecError, source_spec


def load(directory: Path, yaml: str, **env: str) -> Settings:
    (directory / "pressbox.yaml").write_text(yaml)
    return load_settings(env=env, directory=directory)


def test_a_list_in_pressbox_yaml_is_read(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        "sources:\n- {name: gate, url: 'rtsp://admin:p@ss@10.0.0.8/1', room: yard}\n"
        "- name: film\n  url: film.mp4\n  loop: false\n",
    )
    gate, film = settings.sources
    assert (gate.name, gate.room, gate.address.password) == ("gate", "yard", "p@ss")
    assert (film.address.kind, film.loop, film.sound) == ("file", False, True)
    assert "p@ss" not in repr(settings)


def test_a_child_process_gets_them_whole(tmp_path: Path) -> None:
    first = load(tmp_path, "sources: [{name: gate, url: 'rtsp://admin:p@ss@h/1'}]\n")
    again = load(tmp_path, "", **first.explicit())
    assert again.sources == first.sources
    networks = load(tmp_path, "source_networks: [10.0.0.0/8, camera.lan]\n")
    assert load(tmp_path, "", **networks.explicit()).source_networks == networks.source_networks


@pytest.mark.parametrize(
    ("yaml", "said"),
    [
        ("sources: 7\n", "a list of sources"),
        ("sources: [x]\n", "a list of sources"),
        ("sources: [{name: a b, url: clip.mp4}]\n", "source 1: name"),
        ("sources: [{name: a, url: 'rtsp://u:TOPSECRET@:1/'}]\n", "source 1: url: an address such"),
        ("sources: [{name: a, url: x, mod: y}]\n", "source 1: mod: no field"),
        ("sources: [{'rtsp://u:TOPSECRET@h': a}]\n", "source 1: this: no field"),
        ("sources: [{name: a, url: x}, {name: a, url: y}]\n", "same name"),
        ("sources: [{name: a, url: x, headers: {'X Y': TOPSECRET}}]\n", "source 1: headers: up to"),
        ('sources: [{name: a, url: x, headers: {X: "TOPSECRET\\r\\nA: b"}}]\n', "1: headers: up"),
        ("sources: [{name: a, url: x, headers: {host: TOPSECRET}}]\n", "source 1: headers: up to"),
        ("sources: [{name: a, url: x, headers: TOPSECRET}]\n", "source 1: headers: up to"),
        ("sources: [{name: a, url: x, snapshot_rate: 31}]\n", "snapshot_rate: a number from 0.05"),
        ("source_networks: 10.0.0.0/99\n", "networks and hosts such as"),
    ],
)
def test_a_wrong_one_is_told_without_its_secrets(tmp_path: Path, yaml: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, yaml)
    assert said in str(caught.value)
    assert "TOPSECRET" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_revealed_makes_the_same_again() -> None:
    values = {"name": "cam", "url": "rtsp://u:p@h/1", "model_url": "rtsp://u:p@h/2", "start": 2}
    values |= {"headers": {"X-Key": "u:p2"}}
    spec = source_spec(values)
    assert source_spec(json.loads(json.dumps(spec.revealed()))) == spec
    assert spec.model_address is not None
    assert spec.model_address.safe == "rtsp://h/2"
    assert "u:p" not in f"{spec} {spec!r}"


def test_a_list_in_the_environment_is_hidden_when_it_is_wrong(tmp_path: Path) -> None:
    text = '[{"name": "a", "url": "rtsp://h/user=admin_password=TOPSECRET_x", "mod": 1}]'
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, "", SOURCES=text)
    assert "mod: no field of a source" in str(caught.value)
    assert "TOPSECRET" not in str(caught.value)


@pytest.mark.parametrize("turn", [45, -90, "90°", 360])
def test_a_turn_is_a_quarter_or_several(turn: object) -> None:
    with pytest.raises(SpecError) as raised:
        source_spec({"name": "gate", "url": "rtsp://camera/", "turn": turn})
    assert raised.value.problem["field"] == "turn"
    assert source_spec({"name": "gate", "url": "rtsp://camera/", "turn": 270}).turn == 270
