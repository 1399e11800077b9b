"""Checkpoints in hand-made folders: what is recognised, and what a wrong folder is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from models import model_folders
from models.engine import EngineStartError
from models.minicpmo import assets
from models.minicpmo.checkpoint import Checkpoint
from tests.minicpmo import folders

Damage = Callable[[Path], object]

SHARD = "model-00002-of-00002.safetensors"
INDEX = "model.safetensors.index.json"
NEW, OLD = "1.0.7", "1.0.6"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees models of the person who runs it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def refusal(folder: Path) -> str:
    with pytest.raises(EngineStartError) as caught:
        Checkpoint.read(folder, NEW)
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_a_bf16_checkpoint_is_recognised(tmp_path: Path) -> None:
    folder = folders.checkpoint(tmp_path / "MiniCPM-o-4_5")
    found = Checkpoint.read(folder, NEW)
    assert (found.kind, found.awq, found.speaks) == ("bf16", False, True)
    assert [found.dtype(device) for device in ("cuda:1", "cpu")] == ["bfloat16", "float32"]
    assert found.modules_to_not_convert == ()
    assert found.token2wav == folder / assets.FOLDER
    assert found.reference_voice == folder / "assets/system_ref_audio.wav"
    assert len(found.tensors) == len(folders.DENSE)


def test_what_awq_leaves_unquantised_is_named_and_nothing_else(tmp_path: Path) -> None:
    folder = folders.checkpoint(tmp_path / "awq", awq=True)
    found = Checkpoint.read(folder, NEW)
    assert (found.kind, found.dtype("cuda")) == ("awq", "float16")
    outside = {"apm", "llm.lm_head", "llm.model.embed_tokens", "resampler", "tts", "vpm"}
    assert set(found.modules_to_not_convert) == outside, "matching is by substring"
    (folder / INDEX).unlink()
    more = {**folders.PACKED, "llm.model.layers.1.mlp.up_proj.weight": ("F16", (4, 4))}
    folders.weights(folder / "model.safetensors", more)
    kept = set(Checkpoint.read(folder, NEW).modules_to_not_convert)
    assert kept == outside | {"llm.model.layers.1.mlp.up_proj"}, "in full"


@pytest.mark.parametrize("where", ["beside", "pulled"])
def test_awq_speaks_with_the_files_of_a_bf16_checkpoint(tmp_path: Path, where: str) -> None:
    awq = folders.checkpoint(tmp_path / "here" / "awq", awq=True, speech=False)
    parent = awq.parent if where == "beside" else model_folders.models_folder()
    other = folders.checkpoint(parent / "MiniCPM-o-4_5")
    found = Checkpoint.read(awq, NEW)
    assert found.token2wav == other / assets.FOLDER
    assert found.reference_voice == other / assets.VOICES[0]


def test_the_files_of_another_model_are_not_borrowed(tmp_path: Path) -> None:
    awq = folders.checkpoint(tmp_path / "awq", awq=True, speech=False)
    folders.change_config(folders.checkpoint(tmp_path / "other"), model_type="something")
    assert not Checkpoint.read(awq, NEW).speaks


@pytest.mark.parametrize(
    ("files", "missing", "speaks", "said"),
    [
        ((), "", False, "assets/token2wav: python -m models pull"),
        (assets.EARLIER, "", False, "1.0.7 does not read and 1.0.6 does"),
        (assets.LATER, f"{assets.FOLDER}/flow.pt", False, "lacks flow.pt"),
        (assets.LATER, assets.VOICES[0], True, "VOICE_DIR"),
    ],
)
def test_what_is_missing_for_speech_is_named(
    tmp_path: Path, files: tuple[str, ...], missing: str, speaks: bool, said: str
) -> None:
    folder = folders.checkpoint(tmp_path / "m", speech=False)
    if files:
        folders.vocoder(folder, files)
        assert Checkpoint.read(folder, OLD).speaks
    if missing:
        (folder / missing).unlink()
    found = Checkpoint.read(folder, NEW)
    assert found.speaks is speaks
    assert said in found.silent


def _cut(end: int) -> Damage:
    return lambda folder: (folder / SHARD).write_bytes((folder / SHARD).read_bytes()[:end])


def _gone(name: str) -> Damage:
    return lambda folder: (folder / name).unlink()


def _written(name: str, text: str) -> Damage:
    return lambda folder: (folder / name).write_text(text)


def _config(**changes: object) -> Damage:
    return lambda folder: folders.change_config(folder, **changes)


def _index_names_more(folder: Path) -> None:
    path = folder / INDEX
    index = json.loads(path.read_text())
    index["weight_map"]["llm.model.norm.weight"] = SHARD
    folders.write_json(path, index)


def _no_weights(folder: Path) -> None:
    for path in folder.glob("model[.-]*"):
        path.unlink()


OUTSIDE = '{"weight_map": {"a": "../../secrets.safetensors"}}'
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\n"
OTHER = _config(model_type="minicpmv", architectures=["MiniCPMV"])
GPTQ = _config(quantization_config={"quant_method": "gptq", "bits": 8})
WRONG: list[tuple[str, Damage, str]] = [
    ("no shard", _gone(SHARD), f"{SHARD}, file 2 of 2 of the weights, is mis"),
    ("half a shard", _cut(-10), f"{SHARD} is only half downloaded"),
    ("empty shard", _cut(0), f"{SHARD} is only half downloaded"),
    ("git-lfs", _written(SHARD, POINTER), f"{SHARD} is a pointer of git-lfs"),
    ("index and shard differ", _index_names_more, f"{SHARD} lacks llm.model.norm.weight"),
    ("index outside", _written(INDEX, OUTSIDE), "model.safetensors.index.json is damaged"),
    ("no weights", _no_weights, "there are no weights"),
    ("no code", _gone("modeling_minicpmo.py"), "code modeling_minicpmo.py is"),
    ("no imported code", _gone("utils.py"), "code utils.py is missing"),
    ("no auto_map", _config(auto_map={}), "names no modelling code"),
    ("no tokenizer", _gone("tokenizer.json"), "tokenizer.json is missing"),
    ("no processor", _gone("preprocessor_config.json"), "preprocessor_config"),
    ("other model", OTHER, "is MiniCPMV 4.5 (minicpmv), and the engine minicpmo runs"),
    ("other version", _config(version="2.6"), "is MiniCPMO 2.6"),
    ("other quantisation", GPTQ, "quantised with gptq to 8 bits"),
    ("no json", _written("config.json", "{"), "config.json is damaged"),
]


@pytest.mark.parametrize(("damage", "said"), [it[1:] for it in WRONG], ids=[it[0] for it in WRONG])
def test_a_wrong_folder_is_told_what_to_do(tmp_path: Path, damage: Damage, said: str) -> None:
    folder = folders.checkpoint(tmp_path / "m")
    damage(folder)
    line = refusal(folder)
    assert said in line
    assert line.startswith(str(folder))
    assert "python -m models pull openbmb/MiniCPM-o-4_5" in line


def test_what_is_no_folder_of_a_checkpoint(tmp_path: Path) -> None:
    assert "is not there" in refusal(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert "has no config.json" in refusal(tmp_path / "empty")
    (tmp_path / "model-Q4_K_M.gguf").write_bytes(b"GGUF")
    assert "is a file" in refusal(tmp_path / "model-Q4_K_M.gguf")
    assert "llama.cpp" in refusal(tmp_path)
    inner = folders.checkpoint(tmp_path / "around" / "inner")
    assert f"MODEL_PATH={inner}" in refusal(tmp_path / "around")


def test_code_that_is_not_what_was_pulled_is_not_run(tmp_path: Path) -> None:
    folder = folders.checkpoint(tmp_path / "m")
    (folder / "README.md").write_text("nothing reads it, so it may go")
    folders.stamp(folder, "utils.py", "README.md")
    (folder / "README.md").unlink()
    assert Checkpoint.read(folder, NEW).pulled.commit == "c0ffee"
    (folder / "utils.py").write_text("import evil_\n")
    assert "utils.py is not what was pulled (another sha256)" in refusal(folder)
    (folder / "utils.py").write_text("import torch and more\n")
    assert "bytes, not" in refusal(folder)
