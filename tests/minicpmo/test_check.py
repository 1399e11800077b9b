"""What `models check` tells of hand-made checkpoints and of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import Settings, load_settings
from models import check as check_module
from models import manifest
from models.check import CheckReport, check, versions
from models.engine import EngineError
from models.minicpmo import assets, memory, report
from models.minicpmo.checkpoint import Checkpoint
from models.runtime import device as hardware
from models.runtime.device import GIB, NotEnoughMemoryError, Room
from tests.minicpmo import folders


@pytest.fixture(autouse=True)
def as_pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of one's own, and an environment in which nothing is wrong."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(report, "versions", lambda *_: (["torch 2.8.0"], []))
    monkeypatch.setattr(assets, "installed_utils", lambda: "1.0.7")


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU of 16 GB, of which 15 GiB are free."""
    monkeypatch.setattr(hardware, "room", lambda _: Room(15 * GIB, 16 * GIB))
    monkeypatch.setattr(report, "_named", lambda device: f"{device} Tested Card")
    monkeypatch.setattr(report, "_refused", lambda *_: "")


def settings(tmp_path: Path, **changes: object) -> Settings:
    return load_settings(cli={"engine": "minicpmo", **changes}, env={}, directory=tmp_path)


def checked(tmp_path: Path, folder: Path, device: str = "cuda:0", **changes: object) -> CheckReport:
    found = check(settings(tmp_path, **changes), str(folder), device)
    assert not [line for line in found.lines if "\n" in line]
    return found


def line(found: CheckReport, start: str) -> str:
    return next(text for text in found.lines if text.startswith(start))


@pytest.mark.usefixtures("gpu")
def test_a_good_checkpoint_on_a_good_card(tmp_path: Path) -> None:
    folder = folders.checkpoint(tmp_path / "m", awq=True)
    found = checked(tmp_path, folder)
    assert found.ok
    assert line(found, "model") == f"model: MiniCPM-o 4.5 AWQ INT4 in {folder}"
    assert "not known, since the folder was not pulled" in line(found, "hashes")
    assert line(found, "speech").endswith("assets/system_ref_audio.wav (0.5 s)")
    assert line(found, "device") == "device: cuda:0 Tested Card, 15.0 GiB free of 16.0 GiB"
    assert line(found, "verdict") == "verdict: it runs, with speech"
    assert found.lines[-1] == f"next: make run ENGINE=minicpmo MODEL_PATH={folder}"
    for seconds in ("6", "16.8"):
        assert f"like a recording of {seconds} s" in "\n".join(found.lines)


@pytest.mark.usefixtures("gpu")
def test_without_speech_it_says_why(tmp_path: Path) -> None:
    found = checked(tmp_path, folders.checkpoint(tmp_path / "m", speech=False))
    assert found.ok
    assert "none, text only" in line(found, "speech")
    assert "it runs, text only" in line(found, "verdict")


@pytest.mark.usefixtures("gpu")
def test_a_budget_that_is_too_small(tmp_path: Path) -> None:
    found = checked(tmp_path, folders.checkpoint(tmp_path / "m"), engine_memory=0.5)
    assert not found.ok
    assert "it does not run here" in line(found, "verdict")
    assert "ENGINE_MEMORY allows 0.5 GiB" in line(found, "verdict")


@pytest.mark.usefixtures("gpu")
def test_a_short_recording_is_named_when_memory_is_short(tmp_path: Path) -> None:
    folder = folders.checkpoint(tmp_path / "m")
    checkpoint = Checkpoint.read(folder, "1.0.7")
    needs = [memory.need(checkpoint, "cuda", seconds).gib for seconds in (6.0, 10.0)]
    found = checked(tmp_path, folder, engine_memory=sum(needs) / 2)
    assert "recordings to speak like are cut to 6 s" in line(found, "verdict")


@pytest.mark.usefixtures("gpu")
def test_each_device_is_looked_at(tmp_path: Path) -> None:
    found = checked(tmp_path, folders.checkpoint(tmp_path / "m"), "cuda:0,cuda:1")
    assert [text.split()[1] for text in found.lines if text.startswith("device")] == [
        "cuda:0",
        "cuda:1",
    ]


def test_a_gpu_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(device: str) -> Room:
        raise NotEnoughMemoryError(f"there is no {device}")

    monkeypatch.setattr(hardware, "room", none)
    found = checked(tmp_path, folders.checkpoint(tmp_path / "m"), "cuda:7")
    assert not found.ok
    assert line(found, "device") == "device: there is no cuda:7"


def test_a_cpu_is_for_bf16_and_slow(tmp_path: Path) -> None:
    dense = checked(tmp_path, folders.checkpoint(tmp_path / "m"), "cpu")
    assert dense.ok
    assert "far too slow" in line(dense, "verdict")
    packed = checked(tmp_path, folders.checkpoint(tmp_path / "q", awq=True), "cpu")
    assert not packed.ok
    assert "need an NVIDIA GPU" in line(packed, "verdict")


def test_hashes_are_looked_at(tmp_path: Path) -> None:
    folder = folders.checkpoint(tmp_path / "m")
    stamps = {
        path.name: manifest.Stamp(path.stat().st_size, manifest.sha256(path))
        for path in folder.glob("*.safetensors")
    }
    manifest.Manifest((manifest.Source("a/b", "main", "c0ffee", stamps),)).write(folder)
    good = checked(tmp_path, folder, "cpu")
    assert good.ok
    assert line(good, "hashes").startswith("hashes: those of 2 files")
    assert line(good, "model").endswith(", a/b at c0ffee")
    shard = folder / "model-00001-of-00002.safetensors"
    content = bytearray(shard.read_bytes())
    content[-1] ^= 1
    shard.write_bytes(content)
    bad = checked(tmp_path, folder, "cpu")
    assert not bad.ok
    assert f"{shard.name} not what was pulled: python -m models pull a/b --to" in line(
        bad, "hashes"
    )


def test_a_wrong_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(EngineError, match="is empty"):
        checked(tmp_path, tmp_path / "empty")
    with pytest.raises(EngineError, match="no model is named"):
        check(settings(tmp_path), "", "auto")


def test_versions_are_held_against_the_pins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_module, "_REQUIREMENTS", tmp_path)
    (tmp_path / "minicpmo.txt").write_text(
        "torch==2.8.0 \\\n    --hash=sha256:00\ntransformers==4.51.3\nminicpmo-utils[tts]==1.0.7\n"
    )
    here = {"torch": "2.8.0", "transformers": "4.57.6", "other": "1"}
    monkeypatch.setattr(check_module, "_installed", here.get)
    right, wrong = versions("minicpmo", ("torch", "transformers", "minicpmo-utils", "other"))
    assert right == ["torch 2.8.0", "other 1"]
    assert wrong == [
        "transformers is 4.57.6 and 4.51.3 is what was tested",
        "minicpmo-utils is not installed",
    ]


def test_the_pins_are_found() -> None:
    pins = check_module._pins(check_module._REQUIREMENTS / "minicpmo.txt")
    assert {"torch", "transformers", "minicpmo-utils", "autoawq"} <= pins.keys()


def test_sketch_needs_nothing(tmp_path: Path) -> None:
    found = check(settings(tmp_path, engine="sketch"), "", "auto")
    assert found.ok
    assert "needs no model" in found.lines[0]
