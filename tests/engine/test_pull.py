"""Pulling from a hub on loopback: whole, verified, resumed, or refused in one line."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from config.folders import cache_dir
from models import manifest, model_folders, pull
from models.engine import EngineError
from tests.support.hub_server import COMMIT, SIGNATURE, HubServer, Repo

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
    "../outside.json": b"{}",
}


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HubServer]:
    """A hub with `REPO`, which is the only one that can be asked, and a cache of one's own."""
    allow_loopback_only(monkeypatch)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1 << 14)
    monkeypatch.setattr(time, "sleep", lambda _: None)  # between attempts, the library's too
    with HubServer() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        server.repos[REPO] = Repo(dict(SMALL), frozenset({WEIGHTS}))
        yield server


def allow_loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking up any other host fails the test that does it."""
    lookup = socket.getaddrinfo

    def resolve(name: object, *rest: object, **more: object) -> object:
        if name not in ("127.0.0.1", "localhost", b"127.0.0.1", b"localhost"):
            pytest.fail(f"asked for {name!r}")
        return lookup(name, *rest, **more)  # type: ignore[arg-type]

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


def starts(served: HubServer) -> list[int]:
    """Where in the weights each request for them began."""
    ranges = [it.range for it in served.downloads(WEIGHTS) if it.path.startswith("/cdn")]
    return [int(it.removeprefix("bytes=").removesuffix("-")) if it else 0 for it in ranges]


def test_a_model_is_brought_whole_and_not_fetched_again(served: HubServer) -> None:
    folder = got()
    assert folder == model_folders.models_folder() / "Small-1_5", "no dot in the folder's name"
    assert model_folders.resolve(REPO) == folder
    assert (folder / WEIGHTS).read_bytes() == BIG
    names = {path.name for path in folder.parent.rglob("*") if path.is_file()}
    assert names == {"config.json", WEIGHTS, manifest.FILE}, "nothing leaves the folder"
    kept = manifest.read(folder)
    assert (kept.repo, kept.commit) == (REPO, COMMIT)
    assert kept.files[WEIGHTS] == manifest.Stamp(
        size=len(BIG), sha256=manifest.sha256(folder / WEIGHTS)
    )
    served.asked.clear()
    got(revision=COMMIT)
    assert not [it.path for it in served.asked if "/resolve/" in it.path]


def test_the_token_goes_to_the_hub_only(served: HubServer) -> None:
    got()
    assert all(it.authorized for it in served.asked if it.path.startswith("/api/"))
    assert [it.authorized for it in served.asked if it.path.startswith("/cdn/")] == [False]


def test_what_is_here_but_damaged_is_fetched_again(served: HubServer) -> None:
    folder = got()
    (folder / WEIGHTS).write_bytes(BIG[:-1] + b"x")
    (folder / "config.json").write_bytes(b'{"model_type": "smalL"}')
    got()
    assert (folder / WEIGHTS).read_bytes() == BIG
    assert b"small" in (folder / "config.json").read_bytes()


@pytest.mark.parametrize(
    ("fault", "path", "times", "no_ranges", "begun"),
    [
        ("cut", WEIGHTS, 3, False, [0, 1 / 2, 3 / 4, 7 / 8]),
        ("cut", WEIGHTS, 2, True, [0, 1 / 2, 1 / 2]),
        ("stuck", WEIGHTS, 1, False, [0, 1 / 2]),
        ("wrong", WEIGHTS, 1, False, [0, 0]),
        ("failing", "config.json", 2, False, [0]),
    ],
)
def test_faults_that_pass(
    served: HubServer,
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    path: str,
    times: int,
    no_ranges: bool,
    begun: list[float],
) -> None:
    """Each download begins where the one before was broken off."""
    if fault == "stuck":
        monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 1.0)
    served.faults[fault, path] = times
    served.no_ranges = no_ranges
    got(to=here)
    assert (here / WEIGHTS).read_bytes() == BIG
    assert starts(served) == [len(BIG) * share for share in begun]


def test_a_connection_that_always_breaks_off_ends_with_what_to_do(
    served: HubServer, here: Path
) -> None:
    served.faults["cut", WEIGHTS] = 1000
    assert "the same command brings the rest" in refused(lambda: got(to=here))
    assert (here / "config.json").exists()
    assert not (here / WEIGHTS).exists(), "never half a file in its place"
    served.faults.clear()
    served.asked.clear()
    got(to=here)
    assert (here / WEIGHTS).read_bytes() == BIG
    assert not served.downloads("config.json"), "what is whole stays"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_what_is_ended_midway_leaves_what_is_whole(
    served: HubServer, here: Path, how: signal.Signals
) -> None:
    served.faults["stuck", WEIGHTS] = 1
    running = subprocess.Popen(
        [sys.executable, "-m", "models", "pull", REPO, "--to", str(here)],
        cwd=ROOT,
        env={**os.environ, "HTTPS_PROXY": "http://127.0.0.1:9"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with running:
        try:
            assert served.halfway.wait(60), running.communicate()
            running.send_signal(how)
            out, error = running.communicate(timeout=60)
        finally:
            running.kill()
    assert running.returncode == (1 if how == signal.SIGINT else -how)
    stopped = "engine: stopped: files that are whole stay, and the same command brings the rest\n"
    assert error == (stopped if how == signal.SIGINT else "")
    assert not any(it in out for it in (TOKEN, SIGNATURE))
    served.go_on.set()
    served.asked.clear()
    got(to=here)
    assert not served.downloads("config.json")
    left = {path.name for path in here.rglob("*") if path.is_file()}
    assert left == {"config.json", WEIGHTS, manifest.FILE}


def test_a_hash_that_stays_wrong_is_never_put_in_place(served: HubServer, here: Path) -> None:
    served.faults["wrong", "config.json"] = 2
    assert "config.json came twice with a wrong hash" in refused(lambda: got(to=here))
    assert not (here / "config.json").exists()
    assert not (here / manifest.FILE).exists()


def test_a_voice_of_piper_lies_flat(served: HubServer) -> None:
    base = f"en/en_US/lessac/medium/{VOICE}"
    files = {f"{base}.onnx": b"network", f"{base}.onnx.json": b"{}", "en/other.onnx": b"x"}
    served.repos[pull.PIPER] = Repo(files, frozenset({f"{base}.onnx"}))
    for target in (VOICE, f"piper:{VOICE}"):
        folder = got(target)
        assert folder == cache_dir() / "piper" / VOICE
    names = {path.name for path in folder.iterdir()}
    assert names == {f"{VOICE}.onnx", f"{VOICE}.onnx.json", manifest.FILE}


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
    served.faults["failing", "listing"] = 1000 if target == "someone/down" else 0
    assert line in refused(lambda: got(target, revision=revision))


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("HF_ENDPOINT", "http://127.0.0.1:{closed}", "127.0.0.1 cannot be reached"),
        ("HF_ENDPOINT", "mirror.example", "HF_ENDPOINT is an address such as https://"),
        ("HF_ENDPOINT", "http://me:s3cret@mirror.example", "HF_ENDPOINT is an address"),
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
    assert "mirror" in value or f"https://huggingface.co/{REPO}" in told
    assert not served.asked
    assert not model_folders.folder_of(REPO).exists()


def test_a_full_disk_is_said_before_anything_is_fetched(
    served: HubServer, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "SPARE", 1 << 60)
    assert "make room, or name another folder with --to" in refused(lambda: got(to=here))
    assert not served.downloads(WEIGHTS)


def test_a_disk_that_takes_no_more_is_said_in_one_line(served: HubServer, here: Path) -> None:
    limit = len(BIG) // 2
    done = subprocess.run(
        [sys.executable, "-m", "models", "pull", REPO, "--to", str(here)],
        cwd=ROOT,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (1, "engine: the disk: file too large\n")
    assert len(served.downloads(WEIGHTS)) == 1


def test_a_folder_of_another_model_is_left_alone(served: HubServer, here: Path) -> None:
    got(to=here)
    served.repos["someone/else"] = Repo({"config.json": b"{}"})
    line = refused(lambda: got("someone/else", here))
    assert f"holds {REPO}: name another folder with --to" in line
    assert b"small" in (here / "config.json").read_bytes()
    assert "is a file" in refused(lambda: got(to=here / WEIGHTS))
