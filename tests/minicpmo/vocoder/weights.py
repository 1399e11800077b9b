"""Files of the vocoder with random weights, of the true structure.

FULL has the shapes that MiniCPM-o 4.5 was published with (1.2 GB), SMALL is as narrow and shallow
as the structure can be (27 MB). What cannot be told by the vocoder's own flow.yaml stands in its
first line, for tests/minicpmo/vocoder/stepaudio2.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import torch
from hyperpyyaml import load_hyperpyyaml
from onnx import helper, numpy_helper
from s3tokenizer.model_v2 import ModelConfig, S3TokenizerV2
from stepaudio2 import token2wav
from stepaudio2.flashcosyvoice.modules.hifigan import HiFTGenerator

Sizes = dict[str, int]
"""``width`` and ``tokenizer`` are multiples of 64, ``sound`` of 8."""

SMALL = {"depth": 1, "width": 64, "encoder": 64, "sound": 32, "tokenizer": 64, "layers": 1}
FULL = {"depth": 16, "width": 512, "encoder": 512, "sound": 512, "tokenizer": 1280, "layers": 6}

TOKENIZER = {
    "encoder.conv1.weight": "onnx::Conv_2216",
    "encoder.conv1.bias": "onnx::Conv_2217",
    "encoder.conv2.weight": "onnx::Conv_2218",
    "encoder.conv2.bias": "onnx::Conv_2219",
    "quantizer._codebook.project_down.weight": "onnx::MatMul_2536",
    "quantizer._codebook.project_down.bias": "quantizer.project_in.bias",
}
"""Weights that the published file calls otherwise than by the node that takes them."""

FLOW = """\
# sizes {sizes}
flow: !new:cosyvoice2.flow.flow.CausalMaskedDiffWithXvec
  input_size: {encoder}
  vocab_size: 6561
  encoder: !new:cosyvoice2.transformer.upsample_encoder_v2.UpsampleConformerEncoderV2
    input_size: {encoder}
    output_size: {encoder}
    attention_heads: 8
  decoder: !new:cosyvoice2.flow.flow_matching.CausalConditionalCFM
    estimator: !new:cosyvoice2.flow.decoder_dit.DiT
      in_channels: 320
      out_channels: 80
      depth: {depth}
      num_heads: {heads}
      hidden_size: {width}
"""


def write(folder: Path, sizes: Sizes = SMALL) -> None:
    """All files of the later layout into ``folder``, which is made."""
    folder.mkdir(parents=True)
    token2wav._setup_cosyvoice2_alias()
    flow = FLOW.format(sizes=json.dumps(sizes), heads=sizes["width"] // 64, **sizes)
    (folder / "flow.yaml").write_text(flow)
    for name in ("config.yaml", "hift.pt"):  # which the installed minicpmo-utils does not read
        (folder / name).write_bytes(b"of another vocoder")
    torch.save(_drawn(lambda: load_hyperpyyaml(flow)["flow"]), folder / "flow.pt")
    sound = _drawn(lambda: HiFTGenerator(base_channels=sizes["sound"]))
    sound["conv_post.parametrizations.weight.original0"] *= 0.2  # it would be far too loud
    torch.save(sound, folder / "hift_original.pt")
    onnx.save(_tokenizer(sizes), folder / "speech_tokenizer_v2_25hz.onnx")
    onnx.save(_speaker(), folder / "campplus.onnx")


def _drawn(make: Callable[[], torch.nn.Module]) -> dict[str, torch.Tensor]:
    """The same weights each time; what ``make`` would begin with is nothing in many places."""
    random = torch.Generator().manual_seed(4)
    drawn = {}
    with torch.device("meta"):
        shapes = {name: meta.shape for name, meta in make().state_dict().items()}
    for name, shape in shapes.items():
        noise = torch.randn(shape, generator=random)
        if len(shape) > 1:
            drawn[name] = noise / math.sqrt(shape[1:].numel())
        else:
            drawn[name] = noise * 0.1 + name.endswith(("weight", "alpha"))
    return drawn


def _tokenizer(sizes: Sizes) -> onnx.ModelProto:
    """Weights in nodes of the names that s3tokenizer turns into those of its own."""
    width, layers = sizes["tokenizer"], sizes["layers"]
    config = ModelConfig(n_audio_state=width, n_audio_head=width // 64, n_audio_layer=layers)
    weights, nodes = [], []
    for name, tensor in _drawn(lambda: S3TokenizerV2("v2", config)).items():
        given = TOKENIZER.get(name, name)
        array = (tensor.T if tensor.dim() == 2 else tensor).numpy()
        weights.append(numpy_helper.from_array(np.ascontiguousarray(array), given))
        module, kind = name.removeprefix("encoder.").rsplit(".", 1)
        path, inputs = f"/{module}", [given]
        if module.endswith("_ln"):
            operation = "LayerNormalization"
            inputs = ["sound", given, name.replace("weight", "bias")]
        else:
            operation = "Conv" if "fsmn" in module else "MatMul" if kind == "weight" else "Add"
        if not (module.endswith("_ln") and kind == "bias"):
            nodes.append(helper.make_node(operation, inputs, [], f"{path}/{operation}"))
    return helper.make_model(helper.make_graph(nodes, "tokenizer", [], [], weights))


def _speaker() -> onnx.ModelProto:
    """A voice's 192 numbers, from how far each of its 80 bands goes from its mean."""
    matrix = np.random.default_rng(4).normal(size=(80, 192)).astype(np.float32)
    nodes = [
        helper.make_node("Abs", ["sound"], ["size"]),
        helper.make_node("ReduceMean", ["size"], ["mean"], axes=[1], keepdims=0),
        helper.make_node("MatMul", ["mean", "matrix"], ["voice"]),
    ]
    floats = functools.partial(helper.make_tensor_value_info, elem_type=onnx.TensorProto.FLOAT)
    taken, given = floats("sound", shape=[1, "time", 80]), floats("voice", shape=[1, 192])
    weights = [numpy_helper.from_array(matrix, "matrix")]
    graph = helper.make_graph(nodes, "speaker", [taken], [given], weights)
    # Versions that the installed onnxruntime reads.
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
