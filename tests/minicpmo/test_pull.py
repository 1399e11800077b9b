"""Pulling from a hub on loopback: whole, verified, and resumed whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from models import hub, manifest, progress, pull, transfer
from models.minicpmo import assets
from models.minicpmo.checkpoint import AWQ, BF16, Checkpoint
from tests.minicpmo import folders
from tests.minicpmo.hub_server import COMMIT, HubServer, Repo
from tests.minicpmo.pulling import (
    BIG,
    REPO,
    TOKEN,
    VOICE,
    WEIGHTS,
    as_repo,
    came,
    hub_on_loopback,
    refused,
    starts,
)

ROOT = Path(__file__).resolve().parents[2]
PULL_SMALL_PIECES = f"""
import sys
from models import transfer
from models.__main__ import main
transfer.PIECE = {1 << 14}
sys.exit(main(["pull", sys.argv[1], "--to", sys.argv[2]]))
"""


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HubServer]:
    with hub_on_loopback(monkeypatch, tmp_path) as server:
        yield server


@pytest.fixture
def said() -> list[str]:
    return []


def test_a_model_is_brought_whole(served: HubServer, said: list[str]) -> None:
    folder = pull.pull(REPO, None, "main", said.append)
    assert folder == hub.models_folder() / "Small-1_5", "no dot in the folder's name"
    assert hub.resolve(REPO) == folder
    assert (folder / WEIGHTS).read_bytes() == BIG
    names = {path.name for path in folder.rglob("*") if path.is_file()}
    assert names == {"config.json", WEIGHTS, manifest.FILE}
    kept = manifest.read(folder)
    assert (kept.repo, kept.commit) == (REPO, COMMIT)
    assert kept.files[WEIGHTS] == manifest.Stamp(len(BIG), manifest.sha256(folder / WEIGHTS))
    assert kept.files["config.json"].size == len(b'{"model_type": "small"}')
    assert said[-1] == f"{REPO}: 2 files, all hashes are right"


def test_what_is_here_is_not_fetched_again(served: HubServer, said: list[str]) -> None:
    pull.pull(REPO, None, "main", said.append)
    served.asked.clear()
    pull.pull(REPO, None, COMMIT, said.append)
    assert not [it.path for it in served.asked if "/resolve/" in it.path]


def test_what_is_here_but_damaged_is_fetched_again(served: HubServer, said: list[str]) -> None:
    folder = pull.pull(REPO, None, "main", said.append)
    served.asked.clear()
    (folder / WEIGHTS).write_bytes(BIG[:-1] + b"x")
    (folder / "config.json").write_bytes(b'{"model_type": "smalL"}')
    pull.pull(REPO, None, "main", said.append)
    assert (folder / WEIGHTS).read_bytes() == BIG
    assert b"small" in (folder / "config.json").read_bytes()
    assert f"{WEIGHTS} is here but not what {REPO} has: it is fetched again" in said


def test_a_connection_that_breaks_off_is_taken_up_where_it_was(
    served: HubServer, tmp_path: Path, said: list[str]
) -> None:
    served.faults.cut[WEIGHTS] = 3
    folder = pull.pull(REPO, tmp_path / "here", "main", said.append)
    assert (folder / WEIGHTS).read_bytes() == BIG
    assert starts(served) == [0, len(BIG) // 2, len(BIG) * 3 // 4, len(BIG) * 7 // 8]


def test_a_connection_that_always_breaks_off_ends_with_what_to_do(
    served: HubServer, tmp_path: Path, said: list[str]
) -> None:
    served.faults.cut[WEIGHTS] = 1000
    line = refused(lambda: pull.pull(REPO, tmp_path / "here", "main", said.append), said)
    assert "what came stays, the same command goes on there" in line
    assert not (tmp_path / "here" / WEIGHTS).exists(), "never half a file in its place"
    there = came(tmp_path / "here")
    assert there > len(BIG) * 0.9
    served.faults.cut.clear()
    served.asked.clear()
    pull.pull(REPO, tmp_path / "here", "main", said.append)
    assert starts(served) == [there]


def test_a_server_without_ranges_sends_everything_again(
    served: HubServer, tmp_path: Path, said: list[str]
) -> None:
    served.faults.cut[WEIGHTS], served.faults.no_ranges = 2, True
    folder = pull.pull(REPO, tmp_path / "here", "main", said.append)
    assert (folder / WEIGHTS).read_bytes() == BIG


def test_a_connection_that_says_nothing_more_is_given_up(
    served: HubServer, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "TIMEOUT", 0.5)
    served.faults.stuck.add(WEIGHTS)
    folder = pull.pull(REPO, tmp_path / "here", "main", said.append)
    assert (folder / WEIGHTS).read_bytes() == BIG
    assert starts(served) == [0, len(BIG) // 2]


def test_ctrl_c_leaves_what_came(served: HubServer, tmp_path: Path) -> None:
    served.faults.stuck.add(WEIGHTS)
    here = tmp_path / "here"
    running = subprocess.Popen(
        [sys.executable, "-c", PULL_SMALL_PIECES, REPO, str(here)],
        cwd=ROOT,
        env={**os.environ, "HTTPS_PROXY": "http://127.0.0.1:9"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with running:
        try:
            while came(here) < len(BIG) // 4:
                assert running.poll() is None, running.communicate()
                served.halfway.wait(0.1)
            running.send_signal(signal.SIGINT)
            out, error = running.communicate(timeout=60)
        finally:
            running.kill()
    assert running.returncode == 1
    assert error == "engine: stopped; what came stays, and the same command goes on there\n"
    assert TOKEN not in out
    served.go_on.set()
    served.asked.clear()
    pull.pull(REPO, here, "main", lambda _: None)
    assert starts(served)[0] >= len(BIG) // 4
    assert (here / WEIGHTS).read_bytes() == BIG


def test_a_wrong_hash_is_fetched_once_more(
    served: HubServer, tmp_path: Path, said: list[str]
) -> None:
    served.faults.wrong[WEIGHTS] = 1
    folder = pull.pull(REPO, tmp_path / "here", "main", said.append)
    assert f"{WEIGHTS} came with a wrong hash: it is fetched again" in said
    assert (folder / WEIGHTS).read_bytes() == BIG


def test_a_hash_that_stays_wrong_is_never_put_in_place(
    served: HubServer, tmp_path: Path, said: list[str]
) -> None:
    served.faults.wrong["config.json"] = 2
    line = refused(lambda: pull.pull(REPO, tmp_path / "here", "main", said.append), said)
    assert "config.json came twice with a wrong hash" in line
    assert f"https://huggingface.co/{REPO}/resolve/{COMMIT}/config.json" in line
    assert not (tmp_path / "here" / "config.json").exists()
    assert not (tmp_path / "here" / manifest.FILE).exists()


def test_a_hub_that_is_down_for_a_moment_is_asked_again(
    served: HubServer, tmp_path: Path, said: list[str]
) -> None:
    served.faults.failing["config.json"] = 2
    pull.pull(REPO, tmp_path / "here", "main", said.append)


def test_a_voice_of_piper_lies_flat(served: HubServer, said: list[str]) -> None:
    base = f"en/en_US/lessac/medium/{VOICE}"
    files = {f"{base}.onnx": b"network", f"{base}.onnx.json": b"{}", "en/other.onnx": b"x"}
    served.repos[pull.PIPER] = Repo(files, frozenset({f"{base}.onnx"}))
    for target in (VOICE, f"piper:{VOICE}"):
        folder = pull.pull(target, None, "main", said.append)
        assert folder == hub.cache_folder() / "piper" / VOICE
    assert (folder / f"{VOICE}.onnx").read_bytes() == b"network"
    assert (folder / f"{VOICE}.onnx.json").read_bytes() == b"{}"
    assert len(list(folder.iterdir())) == 3, "two files and the manifest"


def test_awq_brings_the_speech_of_the_bf16_checkpoint(
    served: HubServer, tmp_path: Path, said: list[str]
) -> None:
    served.repos[AWQ] = as_repo(folders.checkpoint(tmp_path / "a", awq=True, speech=False))
    served.repos[BF16] = as_repo(folders.checkpoint(tmp_path / "b"))
    served.repos[BF16].files["assets/demo.wav"] = b"a talk"
    folder = pull.pull(AWQ, None, "main", said.append)
    found = Checkpoint.read(folder, "1.0.7")
    assert found.token2wav == folder / assets.FOLDER
    assert found.reference_voice == folder / assets.VOICES[0]
    assert [source.repo for source in found.pulled.sources] == [AWQ, BF16]
    got = [it.path for it in served.asked if it.path.startswith(f"/{BF16}/resolve")]
    assert got, "something of it was fetched"
    assert all("/assets/" in path for path in got)
    assert not [path for path in got if path.endswith("demo.wav")]


def test_awq_uses_the_speech_of_a_bf16_checkpoint_that_is_here(
    served: HubServer, tmp_path: Path, said: list[str]
) -> None:
    served.repos[AWQ] = as_repo(folders.checkpoint(tmp_path / "a", awq=True, speech=False))
    other = folders.checkpoint(hub.models_folder() / "MiniCPM-o-4_5")
    folder = pull.pull(AWQ, None, "main", said.append)
    assert not (folder / "assets").exists()
    assert f"speech: its files are those in {other / assets.FOLDER}" in said
    assert Checkpoint.read(folder, "1.0.7").speaks


def test_the_token_goes_to_the_hub_only(served: HubServer, said: list[str]) -> None:
    pull.pull(REPO, None, "main", said.append)
    assert all(it.authorized for it in served.asked if it.path.startswith("/api/models/"))
    assert not [it for it in served.asked if it.path.startswith("/cdn/") and it.authorized]
    assert not [line for line in said if TOKEN in line]


def test_progress_is_told_in_lines_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LINES", 0.01)
    lines: list[str] = []
    enough = threading.Event()

    def report(line: str) -> None:
        lines.append(line)
        enough.set()

    with progress.Progress(2_000_000_000, lambda: 500_000_000, report):
        assert enough.wait(60)
    assert lines[0] == "500.0 MB of 2.0 GB, 0 bytes/s"
