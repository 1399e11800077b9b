"""Folders that cannot be served: one line each, and what would help."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from config.settings import Settings
from models.engine import EngineStartError
from models.runtime.device import GIB, Room
from models.vlm import machine
from models.vlm.checkpoint import Checkpoint
from models.vlm.engine import VlmEngine
from models.vlm.machine import place
from models.vlm.session import Session


@pytest.fixture
def copy(folders: dict[str, Path], tmp_path: Path) -> Path:
    return shutil.copytree(folders["smolvlm"], tmp_path / "copy")


def rewrite(**changes: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, **changes}))

    return change


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def cut_weights(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])


WRONG: dict[str, tuple[Callable[[Path], None], str]] = {
    "empty": (empty, "has no config.json: python -m models pull"),
    "text": (rewrite(model_type="llama"), "kind llama, which takes no pictures"),
    "unknown": (rewrite(model_type="brandnew"), "not known to this transformers"),
    "remote code": (
        rewrite(model_type="minicpmv", auto_map={"AutoModel": "modeling.M"}),
        "needs code of its own",
    ),
    "minicpmo": (rewrite(model_type="minicpmo", auto_map={"A": "b"}), "ENGINE=minicpmo runs it"),
    "quantised": (rewrite(quantization_config={"quant_method": "awq"}), r"quantised \(awq\)"),
    "no processor": (remove("processor_config.json"), "processor_config.json is missing"),
    "no tokenizer": (remove("tokenizer.json"), "tokenizer.json is missing"),
    "half": (cut_weights, "model.safetensors is only half downloaded"),
    "no template": (remove("chat_template.jinja"), "no chat template"),
    "other sizes": (
        rewrite(text_config={"model_type": "llama", "hidden_size": 48}),
        "transformers cannot load it",
    ),
}


@pytest.mark.parametrize("name", WRONG)
async def test_wrong_folder_is_one_line(copy: Path, name: str) -> None:
    spoil, words = WRONG[name]
    spoil(copy)
    engine = VlmEngine(Session(copy, "cpu"))
    with pytest.raises(EngineStartError, match=words) as caught:
        await engine.start()
    await engine.aclose()
    assert "\n" not in str(caught.value)
    assert str(caught.value).count(str(copy)) <= 1


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "MODEL_PATH"),
        ("nobody/nothing", "models pull nobody/nothing"),
    ],
)
def test_path_that_is_no_folder(
    path: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(EngineStartError, match="is a file"):
        Checkpoint.read(Path(__file__))
    with pytest.raises(EngineStartError, match=words):
        VlmEngine.from_settings(Settings.model_validate({"engine": "vlm", "model_path": path}))


def test_memory_is_asked_before_loading(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = Checkpoint.read(folders["minicpmv"])
    with pytest.raises(EngineStartError, match="no cuda:7"):
        place(checkpoint, "cuda:7")
    monkeypatch.setattr(machine, "room", lambda _: Room(GIB // 4, GIB))
    with pytest.raises(EngineStartError, match=r"needs about 0\.5 GiB and cpu has 0\.2 GiB free"):
        place(checkpoint, "cpu")
