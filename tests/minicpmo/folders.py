"""Checkpoint folders made by hand: everything that a checkpoint has, with weights of zeros."""

from __future__ import annotations

import json
import struct
import wave
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models import manifest
from models.minicpmo import assets
from models.runtime.shards import Tensor

AWQ: dict[str, Any] = {"quant_method": "awq", "bits": 4, "modules_to_not_convert": None}

Shapes = Mapping[str, tuple[str, tuple[int, ...]]]

DENSE: Shapes = {
    "llm.model.embed_tokens.weight": ("BF16", (8, 4)),
    "llm.model.layers.0.self_attn.q_proj.weight": ("BF16", (4, 4)),
    "llm.model.layers.0.input_layernorm.weight": ("BF16", (4,)),
    "llm.lm_head.weight": ("BF16", (8, 4)),
    "vpm.encoder.layers.0.mlp.fc1.weight": ("BF16", (6, 4)),
    "resampler.attn.in_proj_weight": ("BF16", (12, 4)),
    "apm.conv1.weight": ("BF16", (4, 2, 3)),
    "tts.head_code.0.parametrizations.weight.original1": ("BF16", (5, 4)),
}
PACKED: Shapes = {
    **{name: ("F16", shape) for name, (_, shape) in DENSE.items() if "q_proj" not in name},
    "llm.model.layers.0.self_attn.q_proj.qweight": ("I32", (4, 1)),
    "llm.model.layers.0.self_attn.q_proj.qzeros": ("I32", (1, 1)),
    "llm.model.layers.0.self_attn.q_proj.scales": ("F16", (1, 4)),
}


def checkpoint(folder: Path, *, awq: bool = False, speech: bool = True) -> Path:
    """A checkpoint in two shards, as `pull` would bring it but without a manifest."""
    folder.mkdir(parents=True)
    config: dict[str, Any] = {
        "model_type": "minicpmo",
        "version": "4.5",
        "architectures": ["MiniCPMO"],
        "auto_map": {
            "AutoConfig": "configuration_minicpmo.MiniCPMOConfig",
            "AutoModel": "modeling_minicpmo.MiniCPMO",
        },
    }
    if awq:
        config["quantization_config"] = AWQ
    write_json(folder / "config.json", config)
    (folder / "configuration_minicpmo.py").write_text("class MiniCPMOConfig: pass\n")
    (folder / "modeling_minicpmo.py").write_text("from .utils import something\n")
    (folder / "utils.py").write_text("import torch\n")
    for name in ("tokenizer_config.json", "preprocessor_config.json", "tokenizer.json"):
        write_json(folder / name, {})
    tensors = PACKED if awq else DENSE
    names = sorted(tensors)
    halves = [names[: len(names) // 2], names[len(names) // 2 :]]
    index: dict[str, str] = {}
    for number, half in enumerate(halves, 1):
        file = f"model-{number:05}-of-00002.safetensors"
        weights(folder / file, {name: tensors[name] for name in half})
        index |= dict.fromkeys(half, file)
    write_json(folder / "model.safetensors.index.json", {"weight_map": index})
    if speech:
        vocoder(folder)
    return folder


def vocoder(folder: Path, names: tuple[str, ...] = assets.LATER) -> None:
    """The files of the vocoder, and a recording of half a second."""
    (folder / assets.FOLDER).mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / assets.FOLDER / name).write_bytes(b"weights of " + name.encode())
    with wave.open(str(folder / assets.VOICES[0]), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(16_000))


def weights(path: Path, tensors: Shapes) -> None:
    """A safetensors file of zeros."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, (kind, shape) in tensors.items():
        start, end = end, end + Tensor(kind, shape).bytes
        header[name] = {"dtype": kind, "shape": list(shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(end))


def write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value))


def change_config(folder: Path, **changes: object) -> None:
    """Sets entries of config.json."""
    path = folder / "config.json"
    write_json(path, {**json.loads(path.read_text()), **changes})


def stamp(folder: Path, *names: str) -> None:
    """Writes a manifest as if these files had been pulled from a/b as they are now."""
    stamps = {
        name: manifest.Stamp(
            size=(folder / name).stat().st_size, sha256=manifest.sha256(folder / name)
        )
        for name in names
    }
    manifest.add(
        folder, manifest.Source(repo="a/b", revision="main", commit="c0ffee", files=stamps)
    )
