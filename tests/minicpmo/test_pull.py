"""Pulling from a hub on loopback: whole, verified, resumed, or refused in one line."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models import hub, manifest, pull, transfer
from models.engine import EngineError
from models.minicpmo import assets
from models.minicpmo.checkpoint import AWQ, BF16, Checkpoint
from tests.minicpmo import folders
from tests.minicpmo.hub_server import COMMIT, SIGNATURE, HubServer, Repo

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "hf_tokenThatNobodyMaySee"
REPO = "someone/Small-1.5"
WEIGHTS = "model.safetensors"
BIG = bytes(range(256)) * 4096
VOICE = "en_US-lessac-medium"
SMALL = {
    "config.json": b'{"model_type": "small"}',
    WEIGHTS: BIG,
    "pytorch_model.bin": b"the same weights once more",
    "onnx/model.onnx": b"and once more",
    "picture.png": b"for people",
    ".gitattributes": b"",
}
PULL_SMALL_PIECES = f"""
import sys
from models import transfer
from models.__main__ import main
transfer.PIECE = {1 << 14}
sys.exit(main(["pull", sys.argv[1], "--to", sys.argv[2]]))
"""


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HubServer]:
    """A hub with `REPO`, which is the only one that can be asked, and a cache of one's own."""
    allow_loopback_only(monkeypatch)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(pull, "PAUSE", 0.0)
    monkeypatch.setattr(transfer, "PIECE", 1 << 14)
    with HubServer() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        server.repos[REPO] = Repo(dict(SMALL), frozenset({WEIGHTS}))
        yield server


def allow_loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request to any other host fails the test that makes it."""
    real, lookup = socket.socket.connect, socket.getaddrinfo

    def connect(this: socket.socket, address: object) -> None:
        if this.family != socket.AF_UNIX and not str(address).startswith("('127.0.0.1'"):
            pytest.fail(f"asked for {address}")
        real(this, address)  # type: ignore[arg-type]

    def resolve(name: object, *_: object) -> object:
        pytest.fail(f"asked for {name!r}") if name != "127.0.0.1" else None
        return lookup(name, *_)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", resolve)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return tmp_path / "here"


def got(target: str = REPO, to: Path | None = None, revision: str = "main") -> Path:
    """Pulls; no line that is said on the way holds a secret."""
    said: list[str] = []
    try:
        return pull.pull(target, to, revision, said.append)
    finally:
        for line in said:
            assert not any(it in line for it in ("\n", TOKEN, SIGNATURE))


def refused(call: Callable[[], object]) -> str:
    """The one line of an error, without anything that is secret."""
    with pytest.raises(EngineError) as caught:
        call()
    line = str(caught.value)
    assert not any(it in line for it in ("\n", TOKEN, SIGNATURE, "s3cret"))
    return line


def as_repo(folder: Path) -> Repo:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    files = {str(path.relative_to(folder)): path.read_bytes() for path in paths}
    large = {name for name in files if name.endswith((".safetensors", ".pt", ".onnx", ".wav"))}
    return Repo(files, frozenset(large))


def came(folder: Path) -> int:
    """Bytes of the file that is not whole yet."""
    return sum(path.stat().st_size for path in (folder / pull.STAGING).glob("*"))


def starts(served: HubServer) -> list[int]:
    """Where in the weights each request for them began."""
    ranges = [it.range for it in served.downloads(WEIGHTS) if it.path.startswith("/cdn")]
    return [int(it.removeprefix("bytes=").removesuffix("-")) if it else 0 for it in ranges]


def test_a_model_is_brought_whole_and_not_fetched_again(served: HubServer) -> None:
    served.repos[REPO].files["../outside.json"] = b"{}"
    folder = got()
    assert folder == hub.models_folder() / "Small-1_5", "no dot in the folder's name"
    assert hub.resolve(REPO) == folder
    assert (folder / WEIGHTS).read_bytes() == BIG
    names = {path.name for path in folder.parent.rglob("*") if path.is_file()}
    assert names == {"config.json", WEIGHTS, manifest.FILE}, "nothing leaves the folder"
    kept = manifest.read(folder)
    assert (kept.repo, kept.commit) == (REPO, COMMIT)
    assert kept.files[WEIGHTS] == manifest.Stamp(len(BIG), manifest.sha256(folder / WEIGHTS))
    served.asked.clear()
    got(revision=COMMIT)
    assert not [it.path for it in served.asked if "/resolve/" in it.path]


def test_the_token_goes_to_the_hub_only(served: HubServer) -> None:
    got()
    assert all(it.authorized for it in served.asked if it.path.startswith("/api/models/"))
    assert not [it for it in served.asked if it.path.startswith("/cdn/") and it.authorized]


def test_what_is_here_but_damaged_is_fetched_again(served: HubServer) -> None:
    folder = got()
    (folder / WEIGHTS).write_bytes(BIG[:-1] + b"x")
    (folder / "config.json").write_bytes(b'{"model_type": "smalL"}')
    got()
    assert (folder / WEIGHTS).read_bytes() == BIG
    assert b"small" in (folder / "config.json").read_bytes()


@pytest.mark.parametrize(
    ("fault", "begun"),
    [
        ("cut", [0, 1 / 2, 3 / 4, 7 / 8]),
        ("stuck", [0, 1 / 2]),
        ("no ranges", [0, 1 / 2, 1 / 2]),
        ("wrong", [0, 0]),
        ("down", [0]),
    ],
)
def test_faults_that_pass(
    served: HubServer, here: Path, monkeypatch: pytest.MonkeyPatch, fault: str, begun: list[float]
) -> None:
    """Each download begins where the one before was broken off."""
    faults = served.faults
    if fault == "cut":
        faults.cut[WEIGHTS] = 3
    elif fault == "stuck":
        monkeypatch.setattr(transfer, "TIMEOUT", 0.5)
        faults.stuck.add(WEIGHTS)
    elif fault == "no ranges":
        faults.cut[WEIGHTS], faults.no_ranges = 2, True
    elif fault == "wrong":
        faults.wrong[WEIGHTS] = 1
    else:
        faults.failing["config.json"] = 2
    got(to=here)
    assert (here / WEIGHTS).read_bytes() == BIG
    assert starts(served) == [len(BIG) * share for share in begun]


def test_a_connection_that_always_breaks_off_ends_with_what_to_do(
    served: HubServer, here: Path
) -> None:
    served.faults.cut[WEIGHTS] = 1000
    assert "the same command goes on there" in refused(lambda: got(to=here))
    assert not (here / WEIGHTS).exists(), "never half a file in its place"
    there = came(here)
    assert there > len(BIG) * 0.9
    served.faults.cut.clear()
    served.asked.clear()
    got(to=here)
    assert starts(served) == [there]


def test_ctrl_c_leaves_what_came(served: HubServer, here: Path) -> None:
    served.faults.stuck.add(WEIGHTS)
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
    got(to=here)
    assert starts(served)[0] >= len(BIG) // 4
    assert (here / WEIGHTS).read_bytes() == BIG


def test_a_hash_that_stays_wrong_is_never_put_in_place(served: HubServer, here: Path) -> None:
    served.faults.wrong["config.json"] = 2
    assert "config.json came twice with a wrong hash" in refused(lambda: got(to=here))
    assert not (here / "config.json").exists()
    assert not (here / manifest.FILE).exists()


def test_a_voice_of_piper_lies_flat(served: HubServer) -> None:
    base = f"en/en_US/lessac/medium/{VOICE}"
    files = {f"{base}.onnx": b"network", f"{base}.onnx.json": b"{}", "en/other.onnx": b"x"}
    served.repos[pull.PIPER] = Repo(files, frozenset({f"{base}.onnx"}))
    for target in (VOICE, f"piper:{VOICE}"):
        folder = got(target)
        assert folder == hub.cache_folder() / "piper" / VOICE
    names = {path.name for path in folder.iterdir()}
    assert names == {f"{VOICE}.onnx", f"{VOICE}.onnx.json", manifest.FILE}


@pytest.mark.parametrize("is_here", [False, True])
def test_awq_gets_the_speech_of_the_bf16_checkpoint(
    served: HubServer, tmp_path: Path, is_here: bool
) -> None:
    """From the hub, or from where it has been pulled."""
    served.repos[AWQ] = as_repo(folders.checkpoint(tmp_path / "a", awq=True, speech=False))
    other = hub.models_folder() / "MiniCPM-o-4_5" if is_here else tmp_path / "b"
    served.repos[BF16] = as_repo(folders.checkpoint(other))
    served.repos[BF16].files["assets/demo.wav"] = b"a talk"
    folder = got(AWQ)
    found = Checkpoint.read(folder, "1.0.7")
    assert found.token2wav == (other if is_here else folder) / assets.FOLDER
    fetched = [it.path for it in served.asked if it.path.startswith(f"/{BF16}/resolve")]
    assert bool(fetched) is not is_here
    assert all("/assets/" in path and "demo.wav" not in path for path in fetched)


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
        ("someone/down", "main", "127.0.0.1 answers with status 503: try again later"),
    ],
)
def test_what_cannot_be_had_is_said_in_one_line(
    served: HubServer, target: str, revision: str, line: str
) -> None:
    served.repos["someone/gated"] = Repo({}, gated=True)
    served.repos["someone/pictures"] = Repo({"a.png": b"x"})
    served.repos[pull.PIPER] = Repo({})
    served.faults.failing["listing"] = 1000 if target == "someone/down" else 0
    assert line in refused(lambda: got(target, revision=revision))


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("HF_ENDPOINT", "http://127.0.0.1:{closed}", "127.0.0.1 cannot be reached"),
        ("HF_ENDPOINT", "mirror.example", "HF_ENDPOINT is an address such as https://"),
        ("HF_ENDPOINT", "http://me:s3cret@mirror.example", "HF_ENDPOINT is an address"),
        ("HF_ENDPOINT", "file:///", "HF_ENDPOINT is an address such as https://"),
        ("HF_HUB_OFFLINE", "1", "HF_HUB_OFFLINE forbids to ask the hub"),
    ],
)
def test_a_hub_that_cannot_be_asked(
    served: HubServer, monkeypatch: pytest.MonkeyPatch, name: str, value: str, line: str
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv(name, value.format(closed=closed.getsockname()[1]))
        told = refused(got)
    assert told.startswith(line)
    assert "mirror" in value or "file:" in value or f"https://huggingface.co/{REPO}" in told
    assert not served.asked
    assert not hub.folder_of(REPO).exists()


def test_a_full_disk_is_said_before_anything_is_fetched(
    served: HubServer, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "SPARE", 1 << 60)
    assert "make room, or name another folder with --to" in refused(lambda: got(to=here))
    assert not served.downloads(WEIGHTS)


def test_a_folder_of_another_model_is_left_alone(served: HubServer, here: Path) -> None:
    got(to=here)
    served.repos["someone/else"] = Repo({"config.json": b"{}"})
    line = refused(lambda: got("someone/else", here))
    assert f"holds {REPO}: name another folder with --to" in line
    assert b"small" in (here / "config.json").read_bytes()
    assert "is a file" in refused(lambda: got(to=here / WEIGHTS))


def test_the_token_of_a_login_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.delenv("HF_TOKEN_PATH", raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    assert hub.token() is None
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    assert hub.token() == TOKEN


def test_a_server_that_is_no_hub(served: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "fetch_json", lambda *_: {"siblings": [{"size": 1}]})
    assert "something that is no list of files" in refused(got)
