"""A checkpoint with random weights around the true modelling code.

    PY -m tests.minicpmo.random_weights CODE TARGET

CODE is a folder with the Python files and the tokenizer that come with MiniCPM-o 4.5, which are not
part of this repository. ``PRESSBOX_TEST_MODEL=TARGET`` then runs the suite on it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import wave
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models.minicpmo.remote_code import remote_code
from tests.minicpmo.vocoder import weights

LEFT_OUT = ("*.safetensors*", "modeling_minicpmo_unified.py", "*.md", "config.json", ".*")

FULL: dict[str, Any] = {
    "architectures": ["MiniCPMO"],
    "model_type": "minicpmo",
    "version": "4.5",
    "auto_map": {
        "AutoConfig": "configuration_minicpmo.MiniCPMOConfig",
        "AutoModel": "modeling_minicpmo.MiniCPMO",
        "AutoModelForCausalLM": "modeling_minicpmo.MiniCPMO",
    },
    "hidden_size": 4096,
    "num_hidden_layers": 36,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "intermediate_size": 12288,
    "vocab_size": 151748,
    "max_position_embeddings": 40960,
    "rope_theta": 1000000,
    "rms_norm_eps": 1e-6,
    "bos_token_id": 151643,
    "eos_token_id": 151645,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
    "drop_vision_last_layer": False,
    "image_size": 448,
    "query_num": 64,
    "vision_batch_size": 16,
    "slice_config": {"max_slice_nums": 1, "model_type": "minicpmv"},
    "vision_config": {
        "hidden_size": 1152,
        "image_size": 980,
        "intermediate_size": 4304,
        "num_attention_heads": 16,
        "num_hidden_layers": 27,
        "patch_size": 14,
        "model_type": "siglip",
    },
    "audio_config": {
        "d_model": 1024,
        "encoder_attention_heads": 16,
        "encoder_ffn_dim": 4096,
        "encoder_layers": 24,
        "decoder_attention_heads": 16,
        "decoder_ffn_dim": 4096,
        "decoder_layers": 24,
        "num_mel_bins": 80,
    },
    "tts_config": {
        "llm_dim": 4096,
        "hidden_size": 768,
        "intermediate_size": 3072,
        "num_attention_heads": 12,
        "num_hidden_layers": 20,
        "num_key_value_heads": 12,
        "num_audio_tokens": 6562,
        "num_text_tokens": 152064,
        "audio_bos_token_id": 151687,
        "text_eos_token_id": 151692,
        "attention_type": "full_attention",
        "audio_tokenizer_type": "s3tokenizer",
        "condition_type": "hidden_text_merge",
        "normalize_projected_hidden": True,
        "model_type": "minicpmtts",
    },
}
TINY: dict[str, Any] = {
    "hidden_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "intermediate_size": 128,
    "torch_dtype": "float32",
    "vision_config": {
        "hidden_size": 64,
        "intermediate_size": 64,
        "num_attention_heads": 4,
        "num_hidden_layers": 2,
    },
    "audio_config": {
        "d_model": 64,
        "encoder_attention_heads": 4,
        "encoder_ffn_dim": 256,
        "encoder_layers": 2,
        "decoder_attention_heads": 4,
        "decoder_ffn_dim": 64,
        "decoder_layers": 1,
    },
    "tts_config": {
        "llm_dim": 128,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_attention_heads": 4,
        "num_hidden_layers": 2,
        "num_key_value_heads": 4,
    },
}


def make(code: Path, target: Path, *, seed: int = 4) -> Path:
    """Writes a tiny checkpoint to ``target``, which must not exist yet."""
    lay_out(code, target, merged(FULL, TINY))
    with remote_code(target) as path:
        model = random_model(path, seed)
        model.save_pretrained(target, max_shard_size="30MB")
    return target


def lay_out(
    code: Path, target: Path, config: dict[str, Any], sizes: weights.Sizes = weights.SMALL
) -> None:
    """All files of a checkpoint but its weights; its vocoder's are of ``sizes``."""
    shutil.copytree(code, target, ignore=shutil.ignore_patterns(*LEFT_OUT))
    (target / "config.json").write_text(json.dumps(config, indent=1))
    write_assets(target / "assets", sizes)


def write_assets(folder: Path, sizes: weights.Sizes = weights.SMALL) -> None:
    """A vocoder, and four seconds of a tone as the reference voice."""
    weights.write(folder / "token2wav", sizes)
    tone = np.sin(np.arange(4 * 16_000) * (2 * np.pi * 220 / 16_000))
    with wave.open(str(folder / "system_ref_audio.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes((tone * 8000).astype("<i2").tobytes())


def random_model(path: Path, seed: int) -> Any:
    """From the config at ``path``, inside ``remote_code``."""
    import transformers

    config = transformers.AutoConfig.from_pretrained(path, trust_remote_code=True)
    torch.manual_seed(seed)
    return transformers.AutoModel.from_config(config, trust_remote_code=True)


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """``base`` with what ``over`` says, also inside inner dictionaries."""
    inner = {
        key: merged(base[key], value)
        for key, value in over.items()
        if isinstance(value, dict) and isinstance(base.get(key), dict)
    }
    return {**base, **over, **inner}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("code", type=Path)
    parser.add_argument("target", type=Path)
    options = parser.parse_args()
    make(options.code, options.target)


if __name__ == "__main__":
    main()
