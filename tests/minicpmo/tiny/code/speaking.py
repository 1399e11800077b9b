"""From tokens of text to tokens of sound, and from those to sound."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers import LlamaConfig, LlamaModel

AUDIO_TOKENS = 128
SOUND_FOR_A_TOKEN = 4  # 0.16 s of speech for each token of text
SILENCE = 4218
LOOKAHEAD = 3
CHUNK = 25


class SpeechConfig:
    """What is asked of the speech model from outside."""

    audio_tokenizer_type = "s3tokenizer"
    num_audio_tokens = AUDIO_TOKENS


class MiniCPMTTS(nn.Module):
    """A small Llama over embeddings of text, hidden states and its own tokens."""

    def __init__(self, vocabulary: int, width: int) -> None:
        super().__init__()
        self.config = SpeechConfig()
        self.emb_text = nn.Embedding(vocabulary, width)
        self.emb_code = nn.ModuleList([nn.Embedding(AUDIO_TOKENS, width)])
        self.head_code = nn.ModuleList([nn.Linear(width, AUDIO_TOKENS, bias=False)])
        self.projector_semantic = nn.Linear(width, width)
        self.model = LlamaModel(
            LlamaConfig(
                vocab_size=1,
                hidden_size=width,
                intermediate_size=width,
                num_attention_heads=2,
                num_hidden_layers=1,
                attn_implementation="eager",
            )
        )
        self.audio_tokenizer: Any = None


class Speaking:
    """The speech of one answer."""

    def __init__(self, tts: Any, faults: frozenset[str]) -> None:
        self._tts = tts
        self._faults = faults
        self._cache: Any = None
        self._sounds: list[int] = [SILENCE] * LOOKAHEAD
        self._chunks = 0

    def say(self, tokens: torch.Tensor, hidden: torch.Tensor) -> Iterator[torch.Tensor]:
        """float32 (1, n) at 24 kHz for each chunk that tokens (1, n) fill."""
        said = functional.normalize(self._tts.projector_semantic(hidden), dim=-1)
        states = self._tts.emb_text(tokens) + said
        for _ in range(SOUND_FOR_A_TOKEN * tokens.shape[1]):
            out = self._tts.model(inputs_embeds=states, past_key_values=self._cache, use_cache=True)
            self._cache = out.past_key_values
            logits = self._tts.head_code[0](out.last_hidden_state[:, -1])
            token = torch.multinomial(functional.softmax(logits.float(), dim=-1), 1)
            states = self._tts.emb_code[0](token)
            self._sounds.append(int(token))
            yield from self._full()

    def finish(self) -> Iterator[torch.Tensor]:
        """The rest, often shorter than a chunk."""
        if self._sounds:
            yield self._wave(self._sounds, last=True)

    def _full(self) -> Iterator[torch.Tensor]:
        while len(self._sounds) >= CHUNK + LOOKAHEAD:
            yield self._wave(self._sounds[: CHUNK + LOOKAHEAD], last=False)
            self._sounds = self._sounds[CHUNK:]

    def _wave(self, sounds: list[int], *, last: bool) -> torch.Tensor:
        if self._chunks and "vocoder" in self._faults:
            raise RuntimeError("the vocoder broke")
        wave = self._tts.audio_tokenizer.stream(
            sounds, prompt_wav=None, last_chunk=last, return_waveform=True
        )
        self._chunks += 1
        return torch.from_numpy(wave)
