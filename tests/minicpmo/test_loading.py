"""Bringing checkpoints into memory: odd folders, old code, missing parts."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from models.engine import EngineStartError
from models.minicpmo import awq
from models.minicpmo.attention import use_sdpa
from models.minicpmo.checkpoint import Checkpoint
from models.minicpmo.loading import load
from models.minicpmo.remote_code import OPTIONAL_IMPORTS, remote_code
from models.runtime.shards import Tensor
from tests.minicpmo.asking import Asking


def linked(folder: Path, target: Path) -> Path:
    """The same checkpoint elsewhere, its code copied and all the rest linked."""
    target.mkdir(parents=True)
    for path in folder.iterdir():
        if path.suffix == ".py":
            shutil.copy2(path, target)
        elif path.name != "config.json":
            (target / path.name).symlink_to(path)
    shutil.copy2(folder / "config.json", target)
    return target


def model_class(folder: Path) -> Any:
    from transformers.dynamic_module_utils import get_class_from_dynamic_module

    with remote_code(folder) as path:
        return get_class_from_dynamic_module("modeling_minicpmo.MiniCPMO", str(path))


@pytest.mark.parametrize("file", ["modeling_minicpmo.py", "configuration_minicpmo.py"])
def test_code_that_has_changed_is_never_mistaken_for_what_it_was(
    checkpoint_folder: Path, tmp_path: Path, file: str
) -> None:
    """Neither by the folder's name nor by size and time, which transformers goes by."""
    folder = linked(checkpoint_folder, tmp_path / "MiniCPM-o-4.5.final")
    code = folder / file
    original = code.read_text()
    for mark in ("MARK = 1", "MARK = 2"):
        code.write_text(f"{original}\n{mark}\n")
        os.utime(code, (1_000_000_000, 1_000_000_000))
        model = model_class(folder)
        places = (sys.modules[it.__module__] for it in (model, model.config_class))
        assert [f"MARK = {it.MARK}" for it in places if hasattr(it, "MARK")] == [mark]


def test_packages_that_are_imported_under_an_if_are_not_asked_for(
    checkpoint_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.minicpmo import remote_code as module

    assert "import flag_gems" in (checkpoint_folder / "modeling_minicpmo.py").read_text()
    model_class(checkpoint_folder)
    monkeypatch.setattr(module, "OPTIONAL_IMPORTS", OPTIONAL_IMPORTS - {"flag_gems"})
    with pytest.raises(ImportError, match="flag_gems"):
        model_class(checkpoint_folder)


def test_a_checkpoint_is_loaded_without_the_network(
    checkpoint_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    loaded = load(Checkpoint.read(checkpoint_folder), "cpu", None)
    assert loaded.mute
    assert not hasattr(loaded.model, "tts"), "no speech, no speech model"


def test_a_vocoder_that_cannot_be_loaded_leaves_the_text(
    checkpoint_folder: Path, tmp_path: Path
) -> None:
    read = Checkpoint.read(checkpoint_folder)
    cut = tmp_path / "token2wav"
    shutil.copytree(read.token2wav, cut)  # type: ignore[arg-type]
    (cut / "flow.pt").write_bytes(b"PK")
    assert load(read, "cpu", cut).mute


def test_awq_needs_a_gpu(checkpoint_folder: Path) -> None:
    with pytest.raises(EngineStartError, match="NVIDIA GPU: use the BF16"):
        load(replace(Checkpoint.read(checkpoint_folder), kind="awq"), "cpu", None)


def test_only_the_layers_of_the_language_model_become_quantised(asking: Asking) -> None:
    """With the names that a checkpoint's own tensors give, and transformers' own conversion."""
    from transformers.integrations import replace_with_awq_linear
    from transformers.utils.quantization_config import AwqConfig

    tensors = {
        (name.replace(".weight", ".qweight") if is_packed(name) else name): Tensor(
            "F16", tuple(value.shape)
        )
        for name, value in asking.remote.state_dict().items()
    }
    with torch.device("meta"):
        model = type(asking.remote)(asking.remote.config)
    model.config.quantization_config = AwqConfig(bits=4, group_size=16)
    awq.prepare(model.config, "cuda", awq.unquantised_modules(tensors))
    kept = model.config.quantization_config.modules_to_not_convert
    replace_with_awq_linear(
        model, modules_to_not_convert=kept, quantization_config=model.config.quantization_config
    )
    converted = {name for name, part in model.named_modules() if "WQLinear" in type(part).__name__}
    assert converted == {
        name.removesuffix(".qweight") for name in tensors if name.endswith(".qweight")
    }
    assert len(converted) == 7 * len(model.llm.model.layers)


def is_packed(name: str) -> bool:
    return name.startswith("llm.model.layers.") and name.endswith("_proj.weight")


class SiglipAttention(torch.nn.Module):
    """Attention in steps, for checkpoints whose vision has none."""

    def __init__(self, width: int = 32, heads: int = 4) -> None:
        super().__init__()
        self.num_heads, self.head_dim, self.embed_dim = heads, width // heads, width
        self.scale = self.head_dim**-0.5
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            setattr(self, name, torch.nn.Linear(width, width))

    def forward(self, states: Any, mask: Any = None) -> Any:
        def heads(projection: Any) -> Any:
            return projection(states).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)

        scores = heads(self.q_proj) @ heads(self.k_proj).transpose(2, 3) * self.scale
        weights = torch.softmax(scores if mask is None else scores + mask, dim=-1)
        seen = (weights @ heads(self.v_proj)).transpose(1, 2).flatten(2)
        return self.out_proj(seen), weights


def test_attention_in_one_kernel_sees_the_same(asking: Asking) -> None:
    layers = [part for part in asking.remote.vpm.modules() if hasattr(part, "q_proj")]
    if not layers:
        layers = [SiglipAttention()]
        use_sdpa(SimpleNamespace(vpm=layers[0]))
    for layer in layers:
        parameter = next(layer.parameters())
        tolerance = 1e-5 if parameter.dtype == torch.float32 else 2e-2
        for length, masked in ((7, 0), (60, 11)):
            states = torch.randn(2, length, layer.embed_dim).to(parameter)
            mask = torch.zeros(2, 1, length, length).to(parameter)
            mask[..., length - masked :] = torch.finfo(parameter.dtype).min
            with torch.inference_mode():
                own = type(layer).forward(layer, states, mask if masked else None)[0]
                ours, weights = layer(states, mask if masked else None)
            assert weights is None
            assert (own - ours).abs().max() <= tolerance * own.abs().max()
