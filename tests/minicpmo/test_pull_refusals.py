"""What pull says when something cannot be had: one line, without anything that is secret."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from models import hub, pull, transfer
from tests.minicpmo.hub_server import HubServer, Repo
from tests.minicpmo.pulling import REPO, TOKEN, VOICE, WEIGHTS, hub_on_loopback, refused


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HubServer]:
    with hub_on_loopback(monkeypatch, tmp_path) as server:
        yield server


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.mark.parametrize(
    ("target", "revision", "line"),
    [
        ("someone/nothing", "main", "there is no someone/nothing at 127.0.0.1, or it is private"),
        ("someone/gated", "main", "accept its conditions at https://huggingface.co/someone/gated"),
        (REPO, "no-such", f"{REPO} has no revision no-such"),
        ("nonsense", "main", "'nonsense' is neither a hub id"),
        ("../../etc/x", "main", "neither a hub id"),
        ("xx_XX-nobody-low", "main", "piper has no voice xx_XX-nobody-low"),
        ("someone/pictures", "main", "someone/pictures holds no files"),
    ],
)
def test_what_cannot_be_had_is_said_in_one_line(
    served: HubServer, target: str, revision: str, line: str
) -> None:
    served.repos["someone/gated"] = Repo({}, gated=True)
    served.repos["someone/pictures"] = Repo({"a.png": b"x"})
    served.repos[pull.PIPER] = Repo({})
    assert line in refused(lambda: pull.pull(target, None, revision, lambda _: None))


def test_a_hub_that_stays_down(served: HubServer, tmp_path: Path) -> None:
    served.faults.failing["listing"] = 1000
    line = refused(lambda: pull.pull(REPO, tmp_path / "here", "main", lambda _: None))
    assert line == "127.0.0.1 answers with status 503: try again later"


def test_without_a_network_it_says_what_to_fetch_elsewhere(
    served: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{closed.getsockname()[1]}")
        line = refused(lambda: pull.pull(REPO, None, "main", lambda _: None))
        assert line.startswith("127.0.0.1 cannot be reached: where it can be, fetch ")
        assert line.endswith(f"put the files into {hub.folder_of(REPO)}")
        assert not hub.folder_of(REPO).exists()
        assert f"https://huggingface.co/{REPO}/tree/main" in line
        spoken = refused(lambda: pull.pull(f"piper:{VOICE}", None, "main", lambda _: None))
    for name in (f"{VOICE}.onnx", f"{VOICE}.onnx.json"):
        assert f"{pull.PIPER}/resolve/main/en/en_US/lessac/medium/{name}" in spoken


def test_a_full_disk_is_said_before_anything_is_fetched(
    served: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "SPARE", 1 << 60)
    line = refused(lambda: pull.pull(REPO, tmp_path / "here", "main", lambda _: None))
    assert f"{tmp_path / 'here'} has" in line
    assert "1.0 MB are to come: make room, or name another folder with --to" in line
    assert not served.downloads(WEIGHTS)


def test_a_folder_of_another_model_is_left_alone(
    served: HubServer, tmp_path: Path, said: list[str]
) -> None:
    pull.pull(REPO, tmp_path / "here", "main", said.append)
    served.repos["someone/else"] = Repo({"config.json": b"{}"})
    line = refused(lambda: pull.pull("someone/else", tmp_path / "here", "main", said.append))
    assert f"holds {REPO}: name another folder with --to" in line
    (tmp_path / "file").write_text("")
    assert "is a file" in refused(lambda: pull.pull(REPO, tmp_path / "file", "main", said.append))


def test_names_that_lead_out_of_the_folder_are_left_out(
    served: HubServer, tmp_path: Path, said: list[str]
) -> None:
    served.repos[REPO].files["../outside.json"] = b"{}"
    pull.pull(REPO, tmp_path / "here", "main", said.append)
    assert not (tmp_path / "outside.json").exists()


def test_the_token_of_a_login_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.delenv("HF_TOKEN_PATH", raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    assert hub.token() is None
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    assert hub.token() == TOKEN


def test_offline_is_respected(served: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    line = refused(lambda: pull.pull(REPO, None, "main", lambda _: None))
    assert line.startswith("HF_HUB_OFFLINE forbids to ask the hub: where it can be, fetch ")
    assert not served.asked


@pytest.mark.parametrize(
    "mirror", ["mirror.example", "http://me:s3cret@mirror.example", "file:///"]
)
def test_an_address_of_a_mirror_that_cannot_be(
    served: HubServer, monkeypatch: pytest.MonkeyPatch, mirror: str
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", mirror)
    line = refused(lambda: pull.pull(REPO, None, "main", lambda _: None))
    assert line.startswith("HF_ENDPOINT is an address such as https://")
    assert "s3cret" not in line


def test_a_server_that_is_no_hub(served: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "fetch_json", lambda *_: {"siblings": [{"size": 1}]})
    line = refused(lambda: pull.pull(REPO, None, "main", lambda _: None))
    assert line == "127.0.0.1 answers something that is no list of files"
