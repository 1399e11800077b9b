"""Writes the tiny checkpoint: weights in shards, tokenizer, code, and a vocoder."""

from __future__ import annotations

import importlib
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from models.minicpmo.remote_code import remote_code
from tests.minicpmo.random_weights import FULL, write_assets
from tests.minicpmo.tiny.code.script import COLOURS, LOUDNESS
from tests.minicpmo.vocoder import weights

CODE = Path(__file__).parent / "code"
WIDTH = 64
AS_PUBLISHED = (
    *("architectures", "model_type", "version", "auto_map", "max_position_embeddings"),
    *("tie_word_embeddings", "torch_dtype", "image_size"),
)
SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<unk>",
    "<image>",
    "</image>",
    "<|audio_start|>",
    "<|audio_end|>",
    "<|tts_bos|>",
    "<|tts_eos|>",
    "<think>",
    "</think>",
)
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}"
)
CORPUS = (
    "I see a red and a blue square and nothing else. I hear loud and quiet sounds. You said that "
    "the picture is black, white, green, yellow, pink or cyan. What is there now? Pictures of a "
    "video, oldest first; the last one is now. Clone the voice in this recording. Speak with this "
    "voice in all that you say. You tell what the pictures show and answer questions, in a few "
    "plain spoken words. Say in one sentence what has changed."
)


def make_checkpoint(folder: Path, sizes: weights.Sizes = weights.SMALL) -> Path:
    """A checkpoint in ``folder``, which is made; of 30 MB with the smallest vocoder."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in CODE.glob("*.py"):
        shutil.copy(file, folder)
    size = _write_tokenizer(folder)
    config = _config(size)
    write_assets(folder / "assets", sizes)
    _write_weights(folder, config)
    return folder


def _config(vocabulary: int) -> dict[str, Any]:
    named = len(COLOURS) + len(LOUDNESS)
    return {
        **{name: FULL[name] for name in AS_PUBLISHED},
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "vocab_size": vocabulary,
        "vision_config": {"hidden_size": 64, "intermediate_size": 64, "patch_size": 14},
        "first_colour": vocabulary - named,
        "first_loudness": vocabulary - len(LOUDNESS),
    }


def _write_tokenizer(folder: Path) -> int:
    """The number of tokens; those that stand for pictures and sounds come last."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=450, initial_alphabet=alphabet, show_progress=False, min_frequency=1
    )
    tokenizer.train_from_iterator([CORPUS], trainer)
    named = [f"<|{word}|>" for word in (*COLOURS, *LOUDNESS)]
    tokenizer.add_special_tokens([*SPECIAL, *named])
    tokenizer.save(str(folder / "tokenizer.json"))
    listed = {
        "tokenizer_class": "MiniCPMOTokenizerFast",
        "auto_map": {"AutoTokenizer": [None, "tokenization_minicpmo.MiniCPMOTokenizerFast"]},
        "bos_token": "<|im_start|>",
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "unk_token": "<unk>",
        "additional_special_tokens": [*SPECIAL[3:], *named],
        "chat_template": TEMPLATE,
        "clean_up_tokenization_spaces": False,
        "model_max_length": 131072,
        "bad_token_ids": [tokenizer.token_to_id(name) for name in [*named, "<image>", "<think>"]],
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(listed, indent=1))
    auto = {"AutoProcessor": "processing_minicpmo.MiniCPMOProcessor"}
    (folder / "preprocessor_config.json").write_text(
        json.dumps({"processor_class": "MiniCPMOProcessor", "auto_map": auto})
    )
    return int(tokenizer.get_vocab_size())


def _write_weights(folder: Path, config: dict[str, Any]) -> None:
    (folder / "config.json").write_text(json.dumps(config, indent=1))
    with remote_code(folder) as path:
        transformers = importlib.import_module("transformers")
        loaded = transformers.AutoConfig.from_pretrained(path, trust_remote_code=True)
        torch.manual_seed(4)
        model = transformers.AutoModel.from_config(loaded, trust_remote_code=True)
        # Far apart, so that what stands in the context can be read back.
        torch.nn.init.normal_(model.get_input_embeddings().weight)
        torch.nn.init.normal_(model.llm.lm_head.weight, std=0.3)
        model.to(torch.bfloat16)
        model.save_pretrained(folder, max_shard_size="200KB")
