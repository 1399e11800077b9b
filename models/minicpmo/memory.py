"""How much memory a checkpoint needs on its device, and whether it is there.

All of it is arithmetic on the checkpoint's own config and tensors; `docs/models.md` holds it
against what others have published and measured. Sizes are bytes, GiB are 2**30 of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.minicpmo.checkpoint import AWQ, Checkpoint
from models.runtime import device as hardware
from models.runtime.device import CUDA_CONTEXT, GIB, NotEnoughMemoryError, Room
from models.runtime.limits import WINDOW
from models.runtime.memory_watch import RequestNeed

FRAME_TOKENS = 66
FRAMES = 8
"""Pictures of the largest window that memory is kept for."""
_TEXT_TOKENS = 600
_ANSWER_TOKENS = 1024
_SPEECH_MODEL = "tts."
_SLACK = 0.05  # allowance: what PyTorch's allocator holds in pieces too small to use

# The vocoder's flow matching (stepaudio2, flow_matching.py and decoder_dit.py): buffers for 1,000
# frames of mel, 50 a second, which it takes at once and in float32; for each of 10 steps, and one.
_FLOW_STEP = 16 * 2 * 8 * 128 * 4
_FLOW_FRAME = 10 * _FLOW_STEP
_FLOW_BUFFER = 1000 * (_FLOW_FRAME + _FLOW_STEP)
_FRAMES_A_SECOND = 50
_HISTORY = 100  # frames that a stream keeps beside those of the recording
_TOKEN2WAV = ("flow.pt", "hift.pt", "speech_tokenizer_v2_25hz.onnx")  # those that go to the GPU
VOICES = (16.8, 10.0, 6.0)
"""Seconds of a recording to speak like, of which the longest that fits is allowed. More than the
first does not fit into the vocoder's buffer, with its history and a chunk."""


@dataclass(frozen=True, slots=True)
class Item:
    """A part of the need.

    Attributes:
        what: What it is, for people.
        bytes: What it takes.
    """

    what: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Need:
    """What a checkpoint takes while it answers the largest window."""

    items: tuple[Item, ...]

    @property
    def bytes(self) -> int:
        return sum(item.bytes for item in self.items)

    @property
    def gib(self) -> float:
        return self.bytes / GIB


@dataclass(frozen=True, slots=True)
class Plan:
    """How a checkpoint is to be loaded.

    Attributes:
        speech: Whether the speech model and the vocoder fit and can be loaded.
        voice_seconds: The longest recording to speak like that there is memory for; longer ones
            have to be cut. 0 without speech.
        need: What that takes.
        notice: Why there is no speech, in one line; empty when there is.
    """

    speech: bool
    voice_seconds: float
    need: Need
    notice: str = ""


def plan(checkpoint: Checkpoint, device: str, budget_gib: float = 0.0) -> Plan:
    """Asked before loading: with speech where it fits, text only where that fits.

    Args:
        checkpoint: What is to be loaded.
        device: `cpu`, `cuda` or `cuda:N`.
        budget_gib: GiB it may take (the setting ENGINE_MEMORY); 0: what is free.

    Raises:
        NotEnoughMemoryError: Not even text alone fits.
    """
    return decide(checkpoint, device, hardware.room(device), budget_gib)


def decide(checkpoint: Checkpoint, device: str, found: Room, budget_gib: float) -> Plan:
    """The same with the device's memory known."""
    limit, has = found.within(budget_gib, device)
    for seconds in VOICES if checkpoint.speaks else ():
        speaking = need(checkpoint, device, seconds)
        if speaking.bytes <= limit:
            return Plan(True, seconds, speaking)
    silent = need(checkpoint, device)
    if silent.bytes > limit:
        raise NotEnoughMemoryError(
            f"{checkpoint.name} needs {silent.gib:.1f} GiB for text alone and {has}: "
            + _advice(checkpoint, limit, found)
        )
    if not checkpoint.speaks:
        return Plan(False, 0.0, silent, f"text only: {checkpoint.silent}")
    return Plan(False, 0.0, silent, f"text only: speech needs {speaking.gib:.1f} GiB and {has}")


def need(checkpoint: Checkpoint, device: str, voice_seconds: float = 0.0) -> Need:
    """What it takes on a device, `cpu` or `cuda…`.

    Args:
        checkpoint: What is to be loaded.
        device: Where.
        voice_seconds: Length of the recording that it speaks like; 0: text only.
    """
    speech = voice_seconds > 0
    width, config = _width(checkpoint, device), checkpoint.config
    items = [
        Item("weights", _weights(checkpoint, width, speech)),
        Item("context", WINDOW * _kv_bytes(config, width)),
    ]
    window = _working(config, width)
    frames = int(voice_seconds * _FRAMES_A_SECOND)
    if speech:
        items.append(Item("vocoder", _vocoder_files(checkpoint)))
        kept = _FLOW_BUFFER + _FLOW_FRAME * frames
        items.append(Item("voice", kept))
    # An answer's speech begins when its window is done with, and takes a copy of the voice's cache.
    answer = _FLOW_FRAME * (frames + _HISTORY) if speech else 0
    items.append(Item("at work", max(window, answer)))
    items.append(Item("allocator", int(_SLACK * sum(it.bytes for it in items))))
    if device != "cpu":
        items.append(Item("CUDA", CUDA_CONTEXT))
    return Need(tuple(items))


def request_need(checkpoint: Checkpoint, device: str, voice_seconds: float = 0.0) -> RequestNeed:
    """What one more request takes beside the loaded model; arguments as of ``need``."""
    width, config = _width(checkpoint, device), checkpoint.config
    context, work = _kv_bytes(config, width), _token_work(config, width)
    frames = int(voice_seconds * _FRAMES_A_SECOND)
    speech = _FLOW_FRAME * (frames + _HISTORY) if voice_seconds else 0
    fixed = (_TEXT_TOKENS + _ANSWER_TOKENS) * context + max(_TEXT_TOKENS * work, speech)
    picture = FRAME_TOKENS * context + max(_picture_work(config, width), FRAME_TOKENS * work)
    return RequestNeed(int((1 + _SLACK) * fixed), int((1 + _SLACK) * picture))


def _width(checkpoint: Checkpoint, device: str) -> int:
    return 4 if checkpoint.dtype(device) == "float32" else 2


def _weights(checkpoint: Checkpoint, width: int, speech: bool) -> int:
    """Floats take ``width`` bytes once they are loaded, packed integers what they take in files."""
    return sum(
        tensor.count * width if tensor.floating else tensor.bytes
        for name, tensor in checkpoint.tensors.items()
        if speech or not name.startswith(_SPEECH_MODEL)
    )


def _kv_bytes(config: Mapping[str, Any], width: int) -> int:
    """Keys and values of one token."""
    heads = int(config.get("num_key_value_heads", 8))
    return 2 * int(config.get("num_hidden_layers", 36)) * heads * _head(config) * width


def _head(config: Mapping[str, Any]) -> int:
    own = config.get("head_dim")
    return int(own or config.get("hidden_size", 4096) // config.get("num_attention_heads", 32))


def _working(config: Mapping[str, Any], width: int) -> int:
    """The larger of what the pictures' encoder and the prompt's first pass take for a while."""
    prefill = (FRAMES * FRAME_TOKENS + _TEXT_TOKENS) * _token_work(config, width)
    return max(FRAMES * _picture_work(config, width), prefill)


def _picture_work(config: Mapping[str, Any], width: int) -> int:
    """Inner states of one layer for a picture; SDPA keeps no scores of pairs of patches."""
    vision = config.get("vision_config") or {}
    patches = (int(config.get("image_size", 448)) // int(vision.get("patch_size", 14))) ** 2
    states = 2 * int(vision.get("intermediate_size", 4304))
    states += 6 * int(vision.get("hidden_size", 1152))
    return patches * states * width


def _token_work(config: Mapping[str, Any], width: int) -> int:
    """Logits and hidden states of a token of the prompt, which the model's code keeps."""
    hidden = int(config.get("hidden_size", 4096))
    states = (int(config.get("num_hidden_layers", 36)) + 1) * hidden
    inner = 3 * int(config.get("intermediate_size", 12288))
    return (int(config.get("vocab_size", 151748)) + states + inner) * width


def _vocoder_files(checkpoint: Checkpoint) -> int:
    """What of the vocoder goes to the device, from the sizes of its files."""
    folder = checkpoint.token2wav
    files = [folder / name for name in _TOKEN2WAV] if folder else []
    return sum(file.stat().st_size for file in files if file.is_file())


def _advice(checkpoint: Checkpoint, limit: int, found: Room) -> str:
    if found.total - limit > 2 * GIB:
        return "end what else is using it, or raise ENGINE_MEMORY"
    if not checkpoint.awq:
        return f"{AWQ} needs about half of it"
    return "ENGINE=vlm or ENGINE=sketch run on this machine"
