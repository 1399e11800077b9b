"""A voice for piper of a few kB, made here: real phonemes, real onnxruntime, a tone for speech."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

TONE = 300.0
"""Hz of everything it says."""
SAMPLES = 512
"""Of each phoneme id."""
PATIENCE = 400
"""Phoneme ids beyond which it calculates for ever."""


def make_voice(folder: Path, name: str, *, rate: int = 22_050, espeak: str = "en-us") -> Path:
    """A voice as `models pull` puts it into the folder; returns its model file."""
    place = folder / name
    place.mkdir(parents=True)
    model = place / f"{name}.onnx"
    onnx.save(_model(rate), str(model))
    config = {
        "audio": {"sample_rate": rate},
        "espeak": {"voice": espeak},
        "phoneme_type": "espeak",
        "num_symbols": 256,
        "num_speakers": 1,
        "inference": {"noise_scale": 0.6, "length_scale": 1.0, "noise_w": 0.8},
        "phoneme_id_map": DEFAULT_PHONEME_ID_MAP,
    }
    (place / f"{name}.onnx.json").write_text(json.dumps(config), encoding="utf-8")
    return model


def _model(rate: int) -> onnx.ModelProto:
    """(1, n) int64 ids to (1, 1, 1, n * SAMPLES) float32: sin(2 pi TONE i / rate)."""
    node = helper.make_node
    numbers = {
        "samples": np.int64(SAMPLES),
        "zero": np.int64(0),
        "one": np.int64(1),
        "patience": np.int64(PATIENCE),
        "forever": np.int64(10**12),
        "yes": np.bool_(True),
        "step": np.float32(2 * np.pi * TONE / rate),
        "shape": np.array([1, 1, 1, -1], np.int64),
        "start": np.float32(0),
    }
    counting = helper.make_graph(
        [
            node("Add", ["held", "start"], ["kept"]),
            node("Identity", ["going"], ["goes_on"]),
        ],
        "counting",
        [
            helper.make_tensor_value_info("round", TensorProto.INT64, []),
            helper.make_tensor_value_info("going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("held", TensorProto.FLOAT, []),
        ],
        [
            helper.make_tensor_value_info("goes_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("kept", TensorProto.FLOAT, []),
        ],
    )
    nodes = [
        node("Size", ["input"], ["count"]),
        node("Sub", ["count", "patience"], ["beyond"]),
        node("Max", ["beyond", "zero"], ["excess"]),
        node("Mul", ["excess", "forever"], ["rounds"]),
        node("Loop", ["rounds", "yes", "start"], ["silence"], body=counting),
        node("Mul", ["count", "samples"], ["length"]),
        node("Range", ["zero", "length", "one"], ["index"]),
        node("Cast", ["index"], ["place"], to=TensorProto.FLOAT),
        node("Mul", ["place", "step"], ["phase"]),
        node("Sin", ["phase"], ["wave"]),
        node("Add", ["wave", "silence"], ["sound"]),
        node("Reshape", ["sound", "shape"], ["output"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tone",
        [
            helper.make_tensor_value_info("input", TensorProto.INT64, [1, "n"]),
            helper.make_tensor_value_info("input_lengths", TensorProto.INT64, [1]),
            helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
        ],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, 1, "m"])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in numbers.items()],
    )
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opset, ir_version=10)
