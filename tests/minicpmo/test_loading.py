"""Bringing checkpoints into memory: odd folders, old code, missing parts."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from models.minicpmo import awq, exclusions, loading
from models.minicpmo.attention import use_sdpa
from models.minicpmo.backend import BackendError, Sampling, Text
from models.minicpmo.checkpoint import Checkpoint
from models.minicpmo.loading import Source, load
from models.minicpmo.machine import made_backend
from models.minicpmo.remote_backend import RemoteBackend
from models.minicpmo.remote_code import OPTIONAL_IMPORTS, remote_code
from models.minicpmo.voices import Voices
from models.runtime.shards import Tensor
from tests.minicpmo.asking import Asking, frame, prompt, source


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
    checkpoint_folder: Path, stand_in: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    read = Checkpoint.read(checkpoint_folder)
    backend = made_backend(read, "cpu", 0, Voices(tmp_path, read.reference_voice))
    backend.load()
    assert backend.speaks
    backend.close()


def test_without_a_vocoder_there_is_text_and_no_speech_model(checkpoint_folder: Path) -> None:
    backend = RemoteBackend(source(checkpoint_folder, speech=False))
    backend.load()
    assert not backend.speaks
    assert not hasattr(backend._parts.model, "tts")  # type: ignore[union-attr]
    with pytest.raises(BackendError, match="no vocoder"):
        backend.set_voice(SimpleNamespace(samples=np.zeros(20_000, np.float32)))  # type: ignore[arg-type]
    backend.prefill(prompt(frame("red"), "What is there?"))
    pieces = list(backend.generate(Sampling(8, temperature=0), speech=False))
    assert any(isinstance(piece, Text) for piece in pieces)
    backend.close()
    backend.close()
    assert not backend.speaks


def test_a_vocoder_that_cannot_be_loaded_leaves_the_text(
    checkpoint_folder: Path, tmp_path: Path, vocoder: Any
) -> None:
    empty = Source(checkpoint_folder, "float32", "cpu", token2wav=tmp_path)
    assert "flow.pt" in load(empty).mute


def test_what_cannot_be_loaded_is_one_clear_line(checkpoint_folder: Path, tmp_path: Path) -> None:
    broken = linked(checkpoint_folder, tmp_path / "checkpoint")
    (broken / "config.json").write_text("{")
    for wrong, words in (
        (source(broken), "config"),
        (Source(checkpoint_folder, "float16", "cpu", is_awq=True), "NVIDIA GPU: use the BF16"),
        (Source(checkpoint_folder, "bfloat16", "cuda:99"), "no NVIDIA GPU .* cuda:99"),
    ):
        backend = RemoteBackend(wrong)
        assert not backend.speaks
        backend.stop()
        with pytest.raises(BackendError, match=words) as caught:
            backend.load()
        assert "\n" not in str(caught.value)
        with pytest.raises(BackendError, match="not been loaded"):
            backend.prefill(prompt("Who?"))
        backend.close()
        with pytest.raises(BackendError, match="not been loaded"):
            backend.reset()


def test_gpus_are_taken_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """torch takes a device without one in some places and refuses it in others."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert loading.torch_device("cuda") == torch.device("cuda", 0)
    assert loading.torch_device("cuda:1") == torch.device("cuda", 1)
    assert loading.torch_device("cpu") == torch.device("cpu")
    with pytest.raises(BackendError, match="cuda:2"):
        loading.torch_device("cuda:2")


@pytest.mark.parametrize("as_dict", [True, False])
def test_awq_converts_what_the_weights_say(as_dict: bool) -> None:
    fields = {"quant_method": "awq", "modules_to_not_convert": None}
    config = SimpleNamespace(
        quantization_config=dict(fields) if as_dict else SimpleNamespace(**fields)
    )
    awq.prepare(config, "cuda:1", ("vpm", "tts"))
    held = config.quantization_config
    kept = held["modules_to_not_convert"] if as_dict else held.modules_to_not_convert
    assert kept == ["vpm", "tts"]


def test_only_the_layers_of_the_language_model_become_quantised(asking: Asking) -> None:
    """With the names that a checkpoint's own tensors give, and transformers' own conversion."""
    from transformers.integrations import replace_with_awq_linear
    from transformers.utils.quantization_config import AwqConfig

    tensors = {
        (name.replace(".weight", ".qweight") if is_packed(name) else name): Tensor(
            "F16", tuple(value.shape), 2 * value.numel()
        )
        for name, value in asking.model.state_dict().items()
    }
    with torch.device("meta"):
        model = type(asking.model)(asking.model.config)
    replace_with_awq_linear(
        model,
        modules_to_not_convert=list(exclusions.of(tensors)),
        quantization_config=AwqConfig(bits=4, group_size=16),
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
    layers = [part for part in asking.model.vpm.modules() if hasattr(part, "q_proj")]
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


def test_attention_of_the_speech_model(asking: Asking) -> None:
    assert asking.model.streaming_window_enabled is False, "it would drop what a prompt is made of"
    speech = asking.model.tts.model
    assert speech.config._attn_implementation == "sdpa"
    parameter = next(speech.parameters())
    states = torch.randn(1, 9, speech.config.hidden_size).to(parameter)
    with torch.inference_mode():
        ours = speech(inputs_embeds=states).last_hidden_state
        speech.config._attn_implementation = "eager"
        own = speech(inputs_embeds=states).last_hidden_state
    use_sdpa(asking.model)
    tolerance = 1e-5 if parameter.dtype == torch.float32 else 2e-2
    assert (own - ours).abs().max() <= tolerance * own.abs().max()
