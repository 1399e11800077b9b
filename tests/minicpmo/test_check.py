"""What `models check` finds out about hand-made checkpoints and this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import Settings, load_settings
from models import check as check_report
from models.check import CheckReport
from models.minicpmo import assets
from models.minicpmo import check as check_minicpmo
from models.minicpmo.checkpoint import Checkpoint
from models.registry import check
from models.runtime import device as hardware
from models.runtime.device import GIB, NotEnoughMemoryError, Room
from tests.minicpmo import folders


@pytest.fixture(autouse=True)
def as_pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of one's own, an environment with nothing wrong, and a GPU with 15 GiB free."""

    def room(device: str) -> Room:
        if device == "cuda:7":
            raise NotEnoughMemoryError("there is no cuda:7")
        return Room(15 * GIB, 16 * GIB)

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(check_report, "_pins", lambda _: {})
    monkeypatch.setattr(check_report, "installed", lambda _: "1")
    monkeypatch.setattr(assets, "installed_utils", lambda: "1.0.7")
    monkeypatch.setattr(hardware, "room", room)
    refused = check_minicpmo._refused

    def only_of_a_cpu(checkpoint: Checkpoint, device: str) -> str:
        return refused(checkpoint, device) if device == "cpu" else ""

    monkeypatch.setattr(check_minicpmo, "_refused", only_of_a_cpu)
    monkeypatch.setattr(check_minicpmo, "_named", lambda device: device)


def settings(tmp_path: Path, **changes: object) -> Settings:
    return load_settings(cli={"engine": "minicpmo", **changes}, env={}, directory=tmp_path)


def checked(tmp_path: Path, folder: Path, device: str = "cuda:0", **changes: object) -> CheckReport:
    found = check(settings(tmp_path, **changes), str(folder), device)
    assert not [line for line in found.lines if "\n" in line]
    return found


def line(found: CheckReport, start: str) -> str:
    return next(text for text in found.lines if text.startswith(start))


@pytest.mark.parametrize(
    ("kind", "device", "changes", "ok", "verdict"),
    [
        ({"awq": True}, "cuda:0", {}, True, "it runs, with speech"),
        ({"speech": False}, "cuda:0", {}, True, "it runs, text only"),
        ({}, "cuda:0", {"engine_memory": 0.5}, False, "ENGINE_MEMORY allows 0.5 GiB"),
        ({}, "cpu", {}, True, "far too slow"),
        ({"awq": True}, "cpu", {}, False, "need an NVIDIA GPU"),
        ({}, "cuda:7", {}, False, ""),
        ({}, "cuda:0,cuda:7", {}, False, "it runs, with speech"),
    ],
)
def test_the_verdict(
    tmp_path: Path,
    kind: dict[str, bool],
    device: str,
    changes: dict[str, object],
    ok: bool,
    verdict: str,
) -> None:
    found = checked(tmp_path, folders.checkpoint(tmp_path / "m", **kind), device, **changes)
    assert found.ok is ok
    assert not verdict or verdict in line(found, "verdict")
    assert len([text for text in found.lines if text.startswith("device: ")]) == len(
        device.split(",")
    )
    assert ("MODEL_PATH" in found.lines[-1]) is ok


def test_hashes_are_looked_at(tmp_path: Path) -> None:
    folder = folders.checkpoint(tmp_path / "m")
    folders.stamp(folder, *(path.name for path in folder.glob("*.safetensors")))
    assert checked(tmp_path, folder, "cpu").ok
    shard = folder / "model-00001-of-00002.safetensors"
    content = bytearray(shard.read_bytes())
    content[-1] ^= 1
    shard.write_bytes(content)
    bad = checked(tmp_path, folder, "cpu")
    assert not bad.ok
    assert f"{shard.name} not what was pulled: python -m models pull a/b" in line(bad, "hashes")
