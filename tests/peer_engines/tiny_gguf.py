"""A tiny SmolVLM with random weights in GGUF, by llama.cpp's own converter. Runs in .venv-vlm:

    python -m tests.peer_engines.tiny_gguf SOURCE FOLDER

SOURCE is llama.cpp's; FOLDER gets model.gguf and mmproj.gguf.
"""

from __future__ import annotations

import importlib
import json
import runpy
import sys
from pathlib import Path
from typing import Any

from tests.vlm import tiny

CONTEXT = 32_768
"""Tokens; llama-server takes no longer context than its model was trained for."""


def main(source: Path, folder: Path) -> None:
    tiny._SMOL_TOKENS["row_token"] = "\n\n"  # llama.cpp begins a picture with this token
    checkpoint = tiny.smolvlm(folder / "checkpoint")
    _as_published(checkpoint / "config.json")
    sys.path[:0] = [str(source / "gguf-py"), str(source)]
    _take_any_tokenizer()
    for name, more in (("model", ()), ("mmproj", ("--mmproj",))):
        out = ("--outfile", str(folder / f"{name}.gguf"), "--outtype", "f32")
        sys.argv = ["convert", str(checkpoint), *out, *more]
        runpy.run_path(str(source / "convert_hf_to_gguf.py"), run_name="__main__")


def _as_published(path: Path) -> None:
    """SmolVLM2's config names the architecture of its text model, which transformers does not."""
    config = json.loads(path.read_text())
    text = {"architectures": ["VLlama3ForCausalLM"], "max_position_embeddings": CONTEXT}
    config["text_config"] |= text
    path.write_text(json.dumps(config))


def _take_any_tokenizer() -> None:
    """The converter knows tokenizers by a hash, and this one belongs to no model; llama.cpp wants
    merges in it, of which bytes have none.
    """
    text_model = importlib.import_module("conversion.base").TextModel

    def set_vocab(model: Any) -> None:
        model._set_vocab_gpt2()
        model.gguf_writer.add_token_merges(["t h"])

    text_model.get_vocab_base_pre = lambda *_: "smollm"
    text_model._set_vocab_sentencepiece = set_vocab


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
