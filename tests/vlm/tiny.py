"""Tiny random models of two families, made from their config classes with all that a folder has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    MiniCPMV4_6Config,
    MiniCPMV4_6ForConditionalGeneration,
    MiniCPMV4_6ImageProcessor,
    MiniCPMV4_6Processor,
    MiniCPMV4_6VideoProcessor,
    PreTrainedTokenizerFast,
    SmolVLMConfig,
    SmolVLMForConditionalGeneration,
    SmolVLMImageProcessor,
    SmolVLMProcessor,
    SmolVLMVideoProcessor,
)

END = "<end_of_utterance>"
HIDDEN = 32

# The template of SmolVLM2, in its structure: no roles in tokens, persona before the conversation.
SMOL_TEMPLATE = (
    "<|im_start|>{% for message in messages %}{{ message['role'] | capitalize }}"
    "{% if message['content'][0]['type'] == 'image' %}:{% else %}: {% endif %}"
    "{% for line in message['content'] %}{% if line['type'] == 'text' %}{{ line['text'] }}"
    "{% elif line['type'] == 'image' %}<image>{% endif %}{% endfor %}"
    "<end_of_utterance>\n{% endfor %}{% if add_generation_prompt %}Assistant:{% endif %}"
)
# One that refuses a persona, as Gemma's does.
STRICT_TEMPLATE = (
    "{% for message in messages %}{% if message['role'] == 'system' %}"
    "{{ raise_exception('no system role') }}{% endif %}<|im_start|>{{ message['role'] }}\n"
    "{% for line in message['content'] %}{% if line['type'] == 'text' %}{{ line['text'] }}"
    "{% else %}<|image_pad|>{% endif %}{% endfor %}<end_of_utterance>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

_SMOL_TOKENS = {
    "image_token": "<image>",
    "fake_image_token": "<fake_token_around_image>",
    "global_image_token": "<global-img>",
    "end_of_utterance_token": END,
    "video_token": "<video>",
    "row_token": "[ROW]",
}
_MINICPM_TOKENS = {
    "image_token": "<|image_pad|>",
    "video_token": "<|video_pad|>",
    "image_start_token": "<image>",
    "image_end_token": "</image>",
    "slice_start_token": "<slice>",
    "slice_end_token": "</slice>",
    "image_id_start_token": "<image_id>",
    "image_id_end_token": "</image_id>",
}


def tokenizer(named: dict[str, str]) -> PreTrainedTokenizerFast:
    """A token for each byte, and those of the family."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE({letter: at for at, letter in enumerate(alphabet)}, []))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        bos_token="<|im_start|>",
        eos_token=END,
        pad_token="<pad>",
        extra_special_tokens=named,
    )


def smolvlm(folder: Path) -> Path:
    """SmolVLM2 with pictures of 32 x 32 pixels in 4 tokens."""
    words = tokenizer(_SMOL_TOKENS)
    config = smolvlm_config(words, _vision(image_size=32, patch_size=8), _text(words), 2)
    processor = smolvlm_processor(words, side=32, tokens=4)
    return _saved(folder, SmolVLMForConditionalGeneration, config, processor, words)


def smolvlm_tokenizer() -> PreTrainedTokenizerFast:
    return tokenizer(_SMOL_TOKENS)


def smolvlm_config(
    words: PreTrainedTokenizerFast, vision: dict[str, Any], text: dict[str, Any], scale: int
) -> SmolVLMConfig:
    """The config of a SmolVLM of any size."""
    return SmolVLMConfig(
        vision_config=vision,
        text_config={"model_type": "llama", **text},
        scale_factor=scale,
        image_token_id=words.convert_tokens_to_ids("<image>"),
        pad_token_id=words.pad_token_id,
        tie_word_embeddings=False,
    )


def smolvlm_processor(words: PreTrainedTokenizerFast, side: int, tokens: int) -> SmolVLMProcessor:
    """Its processor; a picture is ``side`` pixels square and takes ``tokens`` tokens."""
    sizes = {"size": {"longest_edge": 4 * side}, "max_image_size": {"longest_edge": side}}
    return SmolVLMProcessor(
        SmolVLMImageProcessor(**sizes),
        words,
        SmolVLMVideoProcessor(**sizes),
        image_seq_len=tokens,
        chat_template=SMOL_TEMPLATE,
    )


def minicpmv(folder: Path) -> Path:
    """MiniCPM-V 4.6, which packs pictures of any shape into one row of patches."""
    words = tokenizer(_MINICPM_TOKENS)
    config = MiniCPMV4_6Config(
        vision_config=_vision(image_size=64, patch_size=8),
        text_config={
            "model_type": "qwen3_5_text",
            **_text(words),
            "layer_types": ["linear_attention", "full_attention"],
            "linear_num_key_heads": 2,
            "linear_num_value_heads": 2,
            "linear_key_head_dim": 16,
            "linear_value_head_dim": 16,
        },
        insert_layer_id=0,
        image_size=64,
        image_token_id=words.convert_tokens_to_ids("<|image_pad|>"),
        video_token_id=words.convert_tokens_to_ids("<|video_pad|>"),
    )
    sizes = {"scale_resolution": 64, "patch_size": 8}
    processor = MiniCPMV4_6Processor(
        MiniCPMV4_6ImageProcessor(**sizes),
        MiniCPMV4_6VideoProcessor(**sizes),
        words,
        chat_template=STRICT_TEMPLATE,
    )
    return _saved(folder, MiniCPMV4_6ForConditionalGeneration, config, processor, words)


FAMILIES: dict[str, Callable[[Path], Path]] = {"smolvlm": smolvlm, "minicpmv": minicpmv}


def _vision(**sizes: int) -> dict[str, int]:
    return {
        "hidden_size": HIDDEN,
        "intermediate_size": 2 * HIDDEN,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        **sizes,
    }


def _text(words: PreTrainedTokenizerFast) -> dict[str, Any]:
    return {
        "vocab_size": len(words),
        "hidden_size": HIDDEN,
        "intermediate_size": 2 * HIDDEN,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "max_position_embeddings": 2048,
        "pad_token_id": words.pad_token_id,
        "bos_token_id": words.bos_token_id,
        "eos_token_id": words.eos_token_id,
    }


def _saved(
    folder: Path, kind: Any, config: Any, processor: Any, words: PreTrainedTokenizerFast
) -> Path:
    torch.manual_seed(7)
    model = kind(config).eval()
    _make_loud(model)
    model.generation_config.eos_token_id = words.eos_token_id
    model.generation_config.pad_token_id = words.pad_token_id
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def _make_loud(model: Any) -> None:
    """Random weights are so small that every prompt has the same answer; these say more, and none
    of it in special tokens, which would end the answer."""
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(8.0)
        model.lm_head.weight[256:] = 0.0
