"""Checkpoints in hand-made folders: what is recognised, and what a wrong folder is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from models import hub, manifest
from models.engine import EngineStartError
from models.minicpmo import assets
from models.minicpmo.checkpoint import Checkpoint, CheckpointError
from models.runtime.shards import read_header
from tests.minicpmo import folders

SHARD = "model-00002-of-00002.safetensors"
NEW, OLD = "1.0.7", "1.0.6"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees models of the person who runs it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def refusal(folder: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
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


def test_an_awq_checkpoint_is_recognised(tmp_path: Path) -> None:
    found = Checkpoint.read(folders.checkpoint(tmp_path / "awq", awq=True), NEW)
    assert (found.kind, found.dtype("cuda")) == ("awq", "float16")
    assert found.name == "MiniCPM-o 4.5 AWQ INT4"


def test_what_is_left_unquantised_is_named_and_nothing_else(tmp_path: Path) -> None:
    found = Checkpoint.read(folders.checkpoint(tmp_path / "awq", awq=True), NEW)
    kept = found.modules_to_not_convert
    assert set(kept) == {
        "apm",
        "llm.lm_head",
        "llm.model.embed_tokens",
        "resampler",
        "tts",
        "vpm",
    }
    quantised = "llm.model.layers.0.self_attn.q_proj"
    assert not any(part in quantised for part in kept), "matching is by substring"


def test_a_layer_that_was_not_quantised_is_named_in_full(tmp_path: Path) -> None:
    folder = folders.checkpoint(tmp_path / "awq", awq=True)
    (folder / "model.safetensors.index.json").unlink()
    more = {**folders.PACKED, "llm.model.layers.1.mlp.up_proj.weight": ("F16", (4, 4))}
    folders.weights(folder / "model.safetensors", more)
    kept = Checkpoint.read(folder, NEW).modules_to_not_convert
    assert "llm.model.layers.1.mlp.up_proj" in kept
    assert not {"llm", "model", "llm.model"} & set(kept)


def test_a_checkpoint_without_assets_does_without_speech(tmp_path: Path) -> None:
    found = Checkpoint.read(folders.checkpoint(tmp_path / "m", speech=False), NEW)
    assert not found.speaks
    assert "assets/token2wav: python -m models pull" in found.silent


@pytest.mark.parametrize("where", ["beside", "pulled"])
def test_awq_speaks_with_the_files_of_a_bf16_checkpoint(tmp_path: Path, where: str) -> None:
    awq = folders.checkpoint(tmp_path / "here" / "awq", awq=True, speech=False)
    parent = awq.parent if where == "beside" else hub.models_folder()
    other = folders.checkpoint(parent / "MiniCPM-o-4_5")
    found = Checkpoint.read(awq, NEW)
    assert found.token2wav == other / assets.FOLDER
    assert found.reference_voice == other / assets.VOICES[0]


def test_the_files_of_another_model_are_not_borrowed(tmp_path: Path) -> None:
    awq = folders.checkpoint(tmp_path / "awq", awq=True, speech=False)
    folders.change_config(folders.checkpoint(tmp_path / "other"), model_type="something")
    assert not Checkpoint.read(awq, NEW).speaks


def test_each_version_of_the_vocoder_finds_its_layout(tmp_path: Path) -> None:
    early = folders.checkpoint(tmp_path / "early", speech=False)
    folders.vocoder(early, assets.EARLIER)
    assert Checkpoint.read(early, OLD).speaks
    refused = Checkpoint.read(early, NEW)
    assert not refused.speaks
    assert "1.0.7 does not read and 1.0.6 does" in refused.silent


def test_a_vocoder_in_part_names_what_is_missing(tmp_path: Path) -> None:
    folder = folders.checkpoint(tmp_path / "m")
    (folder / assets.FOLDER / "flow.pt").unlink()
    assert "lacks flow.pt" in Checkpoint.read(folder, NEW).silent


def test_without_a_recording_it_speaks_with_one_of_the_users_only(tmp_path: Path) -> None:
    folder = folders.checkpoint(tmp_path / "m")
    (folder / assets.VOICES[0]).unlink()
    found = Checkpoint.read(folder, NEW)
    assert found.speaks
    assert found.reference_voice is None
    assert "VOICE_DIR" in found.silent


def _truncated(folder: Path) -> None:
    path = folder / SHARD
    path.write_bytes(path.read_bytes()[:-10])


def _cut_in_header(folder: Path) -> None:
    path = folder / SHARD
    path.write_bytes(path.read_bytes()[:60])


def _longer(folder: Path) -> None:
    path = folder / SHARD
    path.write_bytes(path.read_bytes() + b"more")


def _pointer(folder: Path) -> None:
    (folder / SHARD).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\n")


def _index_names_more(folder: Path) -> None:
    path = folder / "model.safetensors.index.json"
    index = json.loads(path.read_text())
    index["weight_map"]["llm.model.norm.weight"] = SHARD
    folders.write_json(path, index)


def _index_leaves_the_folder(folder: Path) -> None:
    index = {"weight_map": {"a": "../../secrets.safetensors"}}
    folders.write_json(folder / "model.safetensors.index.json", index)


def _no_weights(folder: Path) -> None:
    for path in folder.glob("model[.-]*"):
        path.unlink()


def _other_model(folder: Path) -> None:
    folders.change_config(folder, model_type="minicpmv", architectures=["MiniCPMV"])


def _gptq(folder: Path) -> None:
    folders.change_config(folder, quantization_config={"quant_method": "gptq", "bits": 8})


Damage = Callable[[Path], object]

WRONG: list[tuple[str, Damage, str]] = [
    ("no shard", lambda it: (it / SHARD).unlink(), f"{SHARD}, file 2 of 2 of the weights, is mis"),
    ("half a shard", _truncated, f"{SHARD} is only half downloaded"),
    ("half a header", _cut_in_header, f"{SHARD} is only half downloaded"),
    ("empty shard", lambda it: (it / SHARD).write_bytes(b""), f"{SHARD} is only half downloaded"),
    ("longer shard", _longer, f"{SHARD} is longer than its header says"),
    ("no safetensors", lambda it: (it / SHARD).write_bytes(b"x" * 99), "holds no weights"),
    ("git-lfs", _pointer, f"{SHARD} is a pointer of git-lfs"),
    ("index and shard differ", _index_names_more, f"{SHARD} lacks llm.model.norm.weight"),
    ("index outside", _index_leaves_the_folder, "model.safetensors.index.json is damaged"),
    ("no weights", _no_weights, "there are no weights"),
    ("no code", lambda it: (it / "modeling_minicpmo.py").unlink(), "code modeling_minicpmo.py is"),
    ("no imported code", lambda it: (it / "utils.py").unlink(), "code utils.py is missing"),
    ("no auto_map", lambda it: folders.change_config(it, auto_map={}), "names no modelling code"),
    ("no tokenizer", lambda it: (it / "tokenizer.json").unlink(), "tokenizer.json is missing"),
    ("no processor", lambda it: (it / "preprocessor_config.json").unlink(), "preprocessor_config"),
    ("other model", _other_model, "is MiniCPMV 4.5 (minicpmv), and the engine minicpmo runs"),
    ("other version", lambda it: folders.change_config(it, version="2.6"), "is MiniCPMO 2.6"),
    ("other quantisation", _gptq, "quantised with gptq to 8 bits"),
    ("no json", lambda it: (it / "config.json").write_text("{"), "config.json is damaged"),
]


@pytest.mark.parametrize(("damage", "said"), [it[1:] for it in WRONG], ids=[it[0] for it in WRONG])
def test_a_wrong_folder_is_told_what_to_do(tmp_path: Path, damage: Damage, said: str) -> None:
    folder = folders.checkpoint(tmp_path / "m")
    damage(folder)
    line = refusal(folder)
    assert said in line
    assert line.startswith(str(folder))
    assert "python -m models pull openbmb/MiniCPM-o-4_5" in line


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert "is not there" in refusal(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert "is empty" in refusal(tmp_path / "empty")
    (tmp_path / "file").write_text("")
    assert "is a file" in refusal(tmp_path / "file")


def test_a_folder_around_the_checkpoint(tmp_path: Path) -> None:
    folder = folders.checkpoint(tmp_path / "around" / "inner")
    assert f"MODEL_PATH={folder}" in refusal(tmp_path / "around")


def test_a_folder_of_gguf(tmp_path: Path) -> None:
    (tmp_path / "model-Q4_K_M.gguf").write_bytes(b"GGUF")
    assert "llama.cpp" in refusal(tmp_path)


def test_code_that_is_not_what_was_pulled_is_not_run(tmp_path: Path) -> None:
    folder = folders.checkpoint(tmp_path / "m")
    code = folder / "utils.py"
    stamp = manifest.Stamp(code.stat().st_size, manifest.sha256(code))
    source = manifest.Source("someone/else", "main", "c0ffee", {"utils.py": stamp})
    manifest.Manifest((source,)).write(folder)
    assert Checkpoint.read(folder, NEW).pulled.commit == "c0ffee"
    code.write_text("import evil_\n")
    line = refusal(folder)
    assert "utils.py is not what was pulled (another sha256)" in line
    assert "pull someone/else --to" in line
    code.write_text("import torch and more\n")
    assert "bytes, not" in refusal(folder)


def test_a_pulled_file_that_nothing_reads_may_go(tmp_path: Path) -> None:
    folder = folders.checkpoint(tmp_path / "m")
    stamps = {"README.md": manifest.Stamp(10, "00"), assets.VOICES[1]: manifest.Stamp(10, "00")}
    manifest.Manifest((manifest.Source("a/b", "main", "c0ffee", stamps),)).write(folder)
    assert Checkpoint.read(folder, NEW).speaks


def test_a_header_tells_all_tensors(tmp_path: Path) -> None:
    folders.weights(tmp_path / "w", {"a": ("I32", (3, 2)), "b": ("F16", ())})
    tensors = read_header(tmp_path / "w")
    assert tensors["a"].bytes == 24
    assert not tensors["a"].floating
    assert (tensors["b"].shape, tensors["b"].count, tensors["b"].floating) == ((), 1, True)


def test_resolve_takes_folders_and_what_was_pulled(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    assert hub.resolve(str(tmp_path / "m")) == tmp_path / "m"
    with pytest.raises(EngineStartError, match=r"python -m models pull someone/model-1\.5"):
        hub.resolve("someone/model-1.5")
    pulled = hub.models_folder() / "model-1_5"
    pulled.mkdir(parents=True)
    assert hub.resolve("someone/model-1.5") == pulled
    for wrong in ("", "nowhere", "../a/b", "/no/such"):
        with pytest.raises(EngineStartError):
            hub.resolve(wrong)
