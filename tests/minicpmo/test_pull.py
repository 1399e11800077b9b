"""Pulling from a hub on loopback: resumed, verified, and never more than one line of trouble."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models import hub, manifest, progress, pull, transfer
from models.engine import EngineError
from models.hub import HubError
from models.minicpmo import assets
from models.minicpmo.checkpoint import AWQ, BF16, Checkpoint
from models.pull import PullError
from tests.minicpmo import folders
from tests.minicpmo.hub_server import COMMIT, SIGNATURE, HubServer, Repo

TOKEN = "hf_tokenThatNobodyMaySee"
REPO = "someone/Small-1.5"
WEIGHTS = "model.safetensors"
BIG = bytes(range(256)) * 4096
VOICE = "en_US-lessac-medium"
ROOT = Path(__file__).resolve().parents[2]
PULL_SMALL_PIECES = f"""
import sys
from models import transfer
from models.__main__ import main
transfer.PIECE = {1 << 14}
sys.exit(main(["pull", sys.argv[1], "--to", sys.argv[2]]))
"""


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request to any other host fails the test that makes it."""
    real = socket.socket.connect

    def connect(this: socket.socket, address: object) -> None:
        if this.family != socket.AF_UNIX and not str(address).startswith("('127.0.0.1'"):
            pytest.fail(f"asked for {address}")
        real(this, address)  # type: ignore[arg-type]

    def resolve(name: object, *_: object) -> object:
        pytest.fail(f"asked for {name!r}") if name != "127.0.0.1" else None
        return lookup(name, *_)  # type: ignore[arg-type]

    lookup = socket.getaddrinfo
    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", resolve)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HubServer]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(pull, "PAUSE", 0.0)
    monkeypatch.setattr(transfer, "PIECE", 1 << 14)
    with HubServer() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        server.repos[REPO] = small()
        yield server


def small() -> Repo:
    files = {
        "config.json": b'{"model_type": "small"}',
        WEIGHTS: BIG,
        "pytorch_model.bin": b"the same weights once more",
        "onnx/model.onnx": b"and once more",
        "picture.png": b"for people",
        ".gitattributes": b"",
    }
    return Repo(files, frozenset({WEIGHTS}))


@pytest.fixture
def said() -> list[str]:
    return []


def came(folder: Path) -> int:
    """Bytes of the file that is not whole yet."""
    return sum(path.stat().st_size for path in (folder / pull.STAGING).glob("*"))


def starts(served: HubServer) -> list[int]:
    """Where in the weights each request for them began."""
    ranges = [it.range for it in served.downloads(WEIGHTS) if it.path.startswith("/cdn")]
    return [int(it.removeprefix("bytes=").removesuffix("-")) if it else 0 for it in ranges]


def refused(call: Callable[[], object], said: list[str] | None = None) -> str:
    """The one line of an error, without anything that is secret."""
    with pytest.raises(EngineError) as caught:
        call()
    line = str(caught.value)
    for text in [line, *(said or [])]:
        assert "\n" not in text
        assert TOKEN not in text
        assert SIGNATURE not in text
    return line


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


def as_repo(folder: Path) -> Repo:
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    large = {name for name in files if name.endswith((".safetensors", ".pt", ".onnx", ".wav"))}
    return Repo(files, frozenset(large))


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


def test_errors_are_not_taken_for_ours() -> None:
    assert issubclass(PullError, EngineError)
    assert issubclass(HubError, EngineError)
