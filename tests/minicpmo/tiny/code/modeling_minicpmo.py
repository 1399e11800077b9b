"""A stand-in for the modelling code of MiniCPM-o 4.5: the same calls, yields and habits.

All state lies on the model, as there. It fails on request, by a line ``FAULT name`` in the text:

    oom, cuda    after three tokens
    vocoder      speech fails after its first second
    slow         each token takes 20 ms
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import Qwen3PreTrainedModel
from transformers.generation.logits_process import (
    RepetitionPenaltyLogitsProcessor,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from .configuration_minicpmo import MiniCPMOConfig
from .processing_minicpmo import AUDIO, IMAGE, Inputs, MiniCPMOProcessor
from .script import FORBIDDEN
from .sensing import Ears, Eyes, Words
from .speaking import MiniCPMTTS, Speaking
from .thinking import LedLM

if os.getenv("USE_FLAGOS") == "1":
    import flag_gems  # type: ignore[import-not-found]  # noqa: F401

THOUGHT = "<think>\n\n</think>\n\n"
ENDS = ("<|tts_eos|>", "<|im_end|>")
FIRST_SECOND = 16_560
CHUNK = 10


class MiniCPMO(Qwen3PreTrainedModel):
    """The whole model."""

    config_class = MiniCPMOConfig

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.llm = LedLM(config)
        if config.init_vision:
            self.vpm = Eyes()
            self.resampler = Words(config.first_colour)
        if config.init_audio:
            self.apm = Ears()
            self.audio_projection_layer = Words(config.first_loudness)
        if config.init_tts:
            self.tts = MiniCPMTTS(config.vocab_size, config.hidden_size)
        self.processor: Any = None
        self.streaming_window_enabled = True
        self.reset_session()

    def get_input_embeddings(self) -> Any:
        return self.llm.get_input_embeddings()

    def reset_session(self, reset_token2wav_cache: bool = True) -> None:
        self.llm_past_key_values: Any = None
        self.llm_generated = False
        self.new_user_msg = True
        self.session_id: str | None = None
        if reset_token2wav_cache:
            self.token2wav_cache: Any = None

    def init_streaming_processor(self) -> None:
        if self.processor is None:
            self.processor = MiniCPMOProcessor.from_pretrained(self.config._name_or_path)
        self.processor.reset_streaming()

    def init_tts(
        self,
        streaming: bool = False,
        model_dir: str | None = None,
        enable_float16: bool = False,
        n_timesteps: int = 10,
    ) -> Any:
        try:
            from stepaudio2 import Token2wav
        except ImportError:
            raise ImportError("please install Token2wav") from None
        if not streaming:
            raise ValueError("only streamed speech here")
        place = model_dir or os.path.join(self.config._name_or_path, "assets/token2wav")
        self.tts.config.audio_tokenizer_type = "s3tokenizer_step_audio"
        self.tts.audio_tokenizer = Token2wav(place, float16=enable_float16, n_timesteps=n_timesteps)
        return self.tts.audio_tokenizer

    def init_token2wav_cache(self, prompt_speech_16k: np.ndarray) -> None:
        """Leaves its temporary file behind."""
        import tempfile

        import soundfile

        self.tts.audio_tokenizer.cache = None
        with tempfile.NamedTemporaryFile(suffix=".wav", delete=False) as file:
            soundfile.write(file.name, prompt_speech_16k, 16_000)
            flow, hift = self.tts.audio_tokenizer.set_stream_cache(file.name)
        self.token2wav_cache = {"flow_cache_base": _cloned(flow), "hift_cache_base": _cloned(hift)}

    @torch.inference_mode()
    def streaming_prefill(
        self,
        session_id: str,
        msgs: list[dict[str, Any]],
        omni_mode: bool = True,
        max_slice_nums: int | None = None,
        use_tts_template: bool = True,
        enable_thinking: bool = False,
        is_last_chunk: bool = False,
    ) -> str:
        """One message, or a part of the user's."""
        assert len(msgs) == 1
        message = copy.deepcopy(msgs[0])
        images = [part for part in message["content"] if isinstance(part, Image.Image)]
        sounds = [part for part in message["content"] if isinstance(part, np.ndarray)]
        streaming = message["role"] == "user"
        assert not streaming or len(sounds) < 2, "streaming mode only supports single audio"
        if session_id != self.session_id:
            self.reset_session(reset_token2wav_cache=False)
            self.session_id = session_id
            self.init_streaming_processor()
        prompt = self._prompt(message["role"], _joined(message["content"]))
        if streaming and sounds and not self.processor.heard and len(sounds[0]) < FIRST_SECOND:
            sounds[0] = np.pad(sounds[0], (FIRST_SECOND - len(sounds[0]), 0))
        self._read(self.processor(prompt, images, sounds, streaming))
        self.llm.tokenizer = self.processor.tokenizer
        return prompt

    def _prompt(self, role: str, content: str) -> str:
        if role != "user":
            self.new_user_msg = True
            messages = [{"role": role, "content": content}]
            return str(self.processor.tokenizer.apply_chat_template(messages, tokenize=False))
        if not self.new_user_msg:
            return content
        self.new_user_msg = False
        before = "<|tts_eos|><|im_end|>\n" if self.llm_generated else ""
        return f"{before}<|im_start|>user\n{content}"

    def _read(self, inputs: Inputs) -> None:
        ids = inputs.input_ids
        unknown = self.processor.tokenizer.convert_tokens_to_ids("<unk>")
        for number, run in enumerate(_runs(ids[0] == unknown)):
            if number < len(inputs.images):
                meant = self.resampler(self.vpm(inputs.images[number]))
            else:
                heard = inputs.sounds[number - len(inputs.images)]
                meant = self.audio_projection_layer(self.apm(heard))
            ids[0, run] = meant
        if not hasattr(self, "apm"):
            raise AttributeError("'MiniCPMO' object has no attribute 'apm'")
        out = self.llm(
            inputs_embeds=self.get_input_embeddings()(ids.to(self.device)),
            past_key_values=self.llm_past_key_values,
            use_cache=True,
        )
        self.llm_past_key_values = out.past_key_values

    @torch.inference_mode()
    def streaming_generate(
        self,
        session_id: str,
        bos_input: str | None = None,
        generate_audio: bool = True,
        audio_token_chunk_size: int = 25,
        max_new_tokens: int = 256,
        enable_thinking: bool = False,
        use_tts_template: bool = True,
        do_sample: bool = True,
        **sampling: float,
    ) -> Iterator[tuple[Any, Any]]:
        """(text, finished) every ten tokens, or (waveform (1, n), text) every second."""
        self.new_user_msg = True
        self.llm_generated = True
        self.init_streaming_processor()
        opening = bos_input or f"<|im_end|>\n<|im_start|>assistant\n{THOUGHT}<|tts_bos|>"
        chunks = self._chunks(opening, max_new_tokens, do_sample, sampling)
        if generate_audio:
            yield from self._speech(chunks)
            return
        ids: list[int] = []
        said = 0
        for tokens, _, finished in chunks:
            ids += tokens[0].tolist()
            text = self.processor.tokenizer.decode(ids)
            safe = text if finished else text.rstrip("\ufffd")
            yield safe[said:], finished
            said = len(safe)

    def _speech(self, chunks: Iterator[tuple[Any, Any, bool]]) -> Iterator[tuple[Any, str]]:
        vocoder = self.tts.audio_tokenizer
        vocoder.stream_cache = _cloned(self.token2wav_cache["flow_cache_base"])
        vocoder.hift_cache_dict = _cloned(self.token2wav_cache["hift_cache_base"])
        speaking: Any = None
        ids: list[int] = []
        said = 0

        def news() -> str:
            nonlocal said
            text = str(self.processor.tokenizer.decode(ids)).rstrip("\ufffd")
            new, said = text[said:], len(text)
            return new

        for tokens, hidden, _ in chunks:
            speaking = speaking or Speaking(self.tts, self.llm.faults)
            ids += tokens[0].tolist()
            for wave in speaking.say(tokens, hidden):
                yield wave, news()
        for wave in speaking.finish():
            yield wave, news()

    def _chunks(
        self, opening: str, limit: int, do_sample: bool, sampling: dict[str, float]
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor, bool]]:
        """Ids (1, n) and their hidden states (1, n, width), ten at a time, and if it was all."""
        embed = self.get_input_embeddings()
        ids = self.processor.tokenizer.encode(opening)
        states = embed(torch.tensor([ids], device=self.device))
        ends = self.processor.tokenizer.convert_tokens_to_ids(list(ENDS))
        made: list[torch.Tensor] = []
        given = 0
        for number in range(-(-limit // CHUNK)):
            hidden: list[torch.Tensor] = []
            finished = False
            for step in range(CHUNK + (number == 0)):
                out = self.llm(
                    inputs_embeds=states,
                    past_key_values=self.llm_past_key_values,
                    use_cache=True,
                    output_hidden_states=True,
                )
                if number or step:
                    hidden.append(out.hidden_states[-1])
                token = self._chosen(out.logits[:, -1].float(), made, do_sample, sampling)
                finished = int(token) in ends
                if finished:
                    break
                made.append(token)
                states = embed(token)
            known = torch.cat(hidden, dim=1)
            tokens = made[given : given + known.shape[1]]
            given += len(tokens)
            yield torch.cat(tokens, dim=1), known, finished
            if finished:
                return

    def _chosen(
        self,
        logits: torch.Tensor,
        made: list[torch.Tensor],
        do_sample: bool,
        sampling: dict[str, float],
    ) -> torch.Tensor:
        tokenizer = self.processor.tokenizer
        logits = logits.clone()
        logits[:, tokenizer.convert_tokens_to_ids(list(FORBIDDEN))] = -torch.inf
        logits[:, tokenizer.bad_token_ids] = -torch.inf
        if made and sampling.get("repetition_penalty", 1.02) != 1.0:
            penalty = RepetitionPenaltyLogitsProcessor(sampling.get("repetition_penalty", 1.02))
            logits = penalty(torch.cat(made, dim=1), logits)
        if not do_sample:
            best: torch.Tensor = logits.argmax(dim=-1, keepdim=True)
            return best
        logits = logits / sampling.get("temperature", 0.7)
        logits = TopKLogitsWarper(int(sampling.get("top_k", 100)))(None, logits)
        logits = TopPLogitsWarper(sampling.get("top_p", 0.8))(None, logits)
        return torch.multinomial(torch.softmax(logits, dim=-1), 1)


def _joined(content: list[Any]) -> str:
    return "".join(
        part if isinstance(part, str) else IMAGE if isinstance(part, Image.Image) else AUDIO
        for part in content
    )


def _cloned(cache: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in cache.items()}


def _runs(mask: torch.Tensor) -> list[slice]:
    """Where ``mask`` (n,) is true without a break."""
    edges = torch.diff(torch.nn.functional.pad(mask.int(), (1, 1))).nonzero().flatten().tolist()
    return [slice(begin, end) for begin, end in zip(edges[::2], edges[1::2], strict=True)]
