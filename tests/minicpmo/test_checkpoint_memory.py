"""The memory arithmetic, on the real model's sizes, against numbers that others have published."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.minicpmo.assets import FOLDER
from models.minicpmo.checkpoint import Checkpoint
from models.minicpmo.memory import decide
from models.runtime import device as hardware
from models.runtime.device import GIB, NotEnoughMemoryError, Room
from models.runtime.shards import Tensor

TOTAL = 18_743_575_332
"""Bytes of all tensors, from the index of the published BF16 checkpoint."""
SPEECH_MODEL = 800_000_000
LAYER = {
    "self_attn.q_proj": (4096, 4096),
    "self_attn.k_proj": (1024, 4096),
    "self_attn.v_proj": (1024, 4096),
    "self_attn.o_proj": (4096, 4096),
    "mlp.gate_proj": (12288, 4096),
    "mlp.up_proj": (12288, 4096),
    "mlp.down_proj": (4096, 12288),
}
VOCODER = {
    "speech_tokenizer_v2_25hz.onnx": 496_082_973,
    "campplus.onnx": 28_303_423,
    "flow.pt": 623_466_603,
    "hift.pt": 83_390_254,
}
"""Sizes of the published files; the second one stays on the CPU."""
CONFIG = {
    "hidden_size": 4096,
    "intermediate_size": 12288,
    "num_hidden_layers": 36,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "vocab_size": 151748,
}


def dense(shape: tuple[int, ...]) -> Tensor:
    return Tensor("BF16", shape)


def packed(rows: int, columns: int) -> dict[str, Tensor]:
    """Four bits a weight, and for each 128 of a column a scale and a zero."""
    groups = columns // 128
    return {
        "qweight": Tensor("I32", (columns, rows // 8)),
        "qzeros": Tensor("I32", (groups, rows // 8)),
        "scales": Tensor("F16", (groups, rows)),
    }


def real(folder: Path, *, awq: bool, speech: bool = True) -> Checkpoint:
    """The published checkpoint's layers one by one, and the rest of its weights in two lumps."""
    layers = {f"llm.model.layers.{at}.{part}": LAYER[part] for at in range(36) for part in LAYER}
    inner = {f"{name}.weight": dense(shape) for name, shape in layers.items()}
    rest = TOTAL - sum(tensor.bytes for tensor in inner.values()) - SPEECH_MODEL
    if awq:
        inner = {
            f"{name}.{part}": tensor
            for name, (rows, columns) in layers.items()
            for part, tensor in packed(rows, columns).items()
        }
    lumps = {"vpm.rest": dense((rest // 2,)), "tts.rest": dense((SPEECH_MODEL // 2,))}
    place = folder / FOLDER
    if speech:
        place.mkdir(parents=True, exist_ok=True)
        for name, size in VOCODER.items():
            with (place / name).open("wb") as file:
                file.truncate(size)  # sparse: it takes no disk
    return Checkpoint(
        folder,
        "awq" if awq else "bf16",
        CONFIG,
        inner | lumps,
        token2wav=place if speech else None,
        silent="" if speech else "no vocoder",
    )


def card(gib: float, free: float = 0.97) -> Room:
    return Room(int(gib * free * GIB), int(gib * GIB))


@pytest.mark.parametrize(
    ("gib", "awq", "speech", "seconds"),
    [
        (11.8, True, False, 0.0),
        (15.6, True, True, 16.8),
        (23.6, True, True, 16.8),
        (23.6, False, False, 0.0),
        (31.8, False, True, 16.8),
    ],
    ids=["12 GB", "16 GB", "24 GB AWQ", "24 GB BF16", "32 GB BF16"],
)
def test_what_fits_on_which_card(
    tmp_path: Path, gib: float, awq: bool, speech: bool, seconds: float
) -> None:
    """What docs/models.md tells people with these cards."""
    plan = decide(real(tmp_path, awq=awq), "cuda", card(gib), 0.0)
    assert (plan.speech, plan.voice_seconds) == (speech, seconds)
    assert plan.need.bytes <= card(gib).free
    assert bool(plan.notice) is not speech


def test_what_does_not_fit_is_refused_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(NotEnoughMemoryError, match=r"needs 19\.\d GiB .*4_5-awq needs about half"):
        decide(real(tmp_path, awq=False), "cuda", card(15.6), 0.0)
    with pytest.raises(NotEnoughMemoryError, match="ENGINE=vlm or ENGINE=sketch"):
        decide(real(tmp_path, awq=True), "cuda", card(7.8), 0.0)
    with pytest.raises(NotEnoughMemoryError, match="end what else is using it"):
        decide(real(tmp_path, awq=True), "cuda", card(23.6, free=0.2), 0.0)


def test_the_budget_is_kept(tmp_path: Path) -> None:
    awq = real(tmp_path, awq=True)
    assert not decide(awq, "cuda", card(23.6), 12.0).speech
    assert decide(awq, "cuda", card(23.6), 13.5).voice_seconds == 6.0
    with pytest.raises(NotEnoughMemoryError, match="ENGINE_MEMORY allows 4 GiB"):
        decide(awq, "cuda", card(23.6), 4.0)
    assert decide(awq, "cuda", card(11.8), 100.0).need.bytes < card(11.8).free
    mute = real(tmp_path, awq=True, speech=False)
    assert decide(mute, "cuda", card(23.6), 0.0).notice == "text only: no vocoder"


def test_a_cpu_has_what_is_available_and_its_container_allows(tmp_path: Path) -> None:
    info = tmp_path / "meminfo"
    info.write_text("MemTotal: 4096 kB\nMemFree: 1 kB\nMemAvailable: 2048 kB\nHugePages: 0\n")
    assert hardware._cpu_room(info, tmp_path) == Room(2048 << 10, 4096 << 10)
    (tmp_path / "memory.max").write_text("1048576\n")
    (tmp_path / "memory.current").write_text("524288\n")
    assert hardware._cpu_room(info, tmp_path) == Room(524_288, 1_048_576)
    (tmp_path / "memory.max").write_text("max\n")
    assert hardware._cpu_room(info, tmp_path).total == 4096 << 10
    info.write_text("nothing\n")
    with pytest.raises(NotEnoughMemoryError):
        hardware._cpu_room(info, tmp_path)
    assert hardware.room("cpu").free > 0
