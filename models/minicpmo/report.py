"""What `python -m models check` says of a checkpoint of MiniCPM-o 4.5 and of this machine."""

from __future__ import annotations

from models import hub, manifest
from models.check import CheckReport, versions
from models.minicpmo import assets, memory
from models.minicpmo.checkpoint import Checkpoint
from models.minicpmo.memory import Need
from models.progress import Progress, size
from models.runtime import device as hardware
from models.runtime.device import GIB, NotEnoughMemoryError, Room

_PACKAGES = ("torch", "torchaudio", "transformers", "minicpmo-utils")
_SLOW = (
    "; a CPU is far too slow for commentary with it, and the vocoder asks for CUDA: "
    "ENGINE=vlm suits"
)
_LEAST_AWQ = (7, 5)
_LEAST_BF16 = (8, 0)


def report(model: str, device: str, budget_gib: float) -> CheckReport:
    """Looks at everything; see `models.check.check`."""
    checkpoint = Checkpoint.read(hub.resolve(model))
    pulled = checkpoint.pulled
    at = f", {pulled.repo} at {pulled.commit[:12]}" if pulled.repo else ""
    lines = [f"model: {checkpoint.name} in {checkpoint.folder}{at}"]
    hashes, whole = _hashes(checkpoint)
    lines += [f"hashes: {hashes}", f"speech: {_speech(checkpoint)}"]
    awq = ("autoawq",) if checkpoint.awq else ()
    right, wrong = versions("minicpmo", (*_PACKAGES, *awq))
    lines.append(f"environment: {', '.join(right) or 'nothing of what it needs'}")
    lines += [f"environment: {line}: make engine-minicpmo" for line in wrong]
    ok = whole and not wrong
    for name in devices(device):
        found, fits = _device(checkpoint, name, budget_gib)
        lines += found
        ok = ok and fits
    go = f"make run ENGINE=minicpmo MODEL_PATH={checkpoint.folder}"
    lines.append(f"next: {go}" if ok else "next: what is said above; then check again")
    return CheckReport(lines, ok)


def devices(device: str) -> tuple[str, ...]:
    """The devices that a setting names; `auto` is the first GPU, or the CPU where there is none."""
    if device != "auto":
        return tuple(device.split(","))
    try:
        import torch

        return ("cuda:0",) if torch.cuda.is_available() else ("cpu",)
    except ImportError:
        return ("cpu",)


def _hashes(checkpoint: Checkpoint) -> tuple[str, bool]:
    files = checkpoint.pulled.files
    if not files:
        return "not known, since the folder was not pulled; the weights are whole", True
    seen = [0]

    def count(more: int) -> None:
        seen[0] += more

    present = {path: it for path, it in files.items() if (checkpoint.folder / path).is_file()}
    total = sum(stamp.size for stamp in present.values())
    with Progress(total, lambda: seen[0], lambda _: None):
        wrong = [
            path
            for path, stamp in present.items()
            if manifest.sha256(checkpoint.folder / path, count) != stamp.sha256
        ]
    if not wrong:
        return f"those of {len(present)} files ({size(total)}) are right", True
    repo = checkpoint.pulled.repo
    bring = f"python -m models pull {repo} --to {checkpoint.folder} fetches what is damaged"
    return f"{', '.join(wrong)} not what was pulled: {bring}", False


def _speech(checkpoint: Checkpoint) -> str:
    if not checkpoint.speaks:
        return f"none, text only: {checkpoint.silent}"
    vocoder = f"vocoder in {checkpoint.token2wav}"
    voice = checkpoint.reference_voice
    if voice is None:
        return f"{vocoder}; {checkpoint.silent}"
    length = assets.seconds(voice)
    return f"{vocoder}; it speaks like {voice}" + (f" ({length:.1f} s)" if length else "")


def _device(checkpoint: Checkpoint, device: str, budget_gib: float) -> tuple[list[str], bool]:
    try:
        room = hardware.room(device)
    except NotEnoughMemoryError as error:
        return [f"device: {error}"], False
    lines = [f"device: {_named(device)}, {_gib(room.free)} free of {_gib(room.total)}"]
    lines += _needs(checkpoint, device)
    refused = _refused(checkpoint, device)
    if refused:
        return [*lines, f"verdict: {refused}"], False
    line, fits = _verdict(checkpoint, device, room, budget_gib)
    return [*lines, f"verdict: {line}"], fits


def _needs(checkpoint: Checkpoint, device: str) -> list[str]:
    lines = [f"memory, text only: {_listed(memory.need(checkpoint, device))}"]
    if checkpoint.speaks:
        for seconds in (memory.VOICES[0], memory.VOICES[-1]):
            said = _listed(memory.need(checkpoint, device, seconds))
            lines.append(f"memory, speech like a recording of {seconds:g} s: {said}")
    return lines


def _verdict(
    checkpoint: Checkpoint, device: str, room: Room, budget_gib: float
) -> tuple[str, bool]:
    try:
        plan = memory.decide(checkpoint, device, room, budget_gib)
    except NotEnoughMemoryError as error:
        return f"it does not run here: {error}", False
    slow = _SLOW if device == "cpu" else ""
    if not plan.speech:
        return f"it runs, {plan.notice}{slow}", True
    cut = ""
    if plan.voice_seconds < memory.VOICES[0]:
        cut = f"; recordings to speak like are cut to {plan.voice_seconds:g} s to save memory"
    return f"it runs, with speech{cut}{slow}", True


def _refused(checkpoint: Checkpoint, device: str) -> str:
    """Why the device cannot run it however much memory it has; empty when it can."""
    if device == "cpu":
        other = "the BF16 one or ENGINE=vlm runs on a CPU"
        return f"the kernels of AWQ need an NVIDIA GPU: {other}" if checkpoint.awq else ""
    import torch

    capability = tuple(torch.cuda.get_device_capability(device))
    least = _LEAST_AWQ if checkpoint.awq else _LEAST_BF16
    if capability >= least:
        return ""
    has, needs = (".".join(map(str, it)) for it in (capability, least))
    return f"its compute capability is {has}, and {checkpoint.name} needs {needs} or more"


def _named(device: str) -> str:
    if device == "cpu":
        return "cpu"
    import torch

    return f"{device} {torch.cuda.get_device_name(device)}"


def _listed(need: Need) -> str:
    parts = ", ".join(f"{item.what} {item.bytes / GIB:.1f}" for item in need.items)
    return f"{need.gib:.1f} GiB ({parts})"


def _gib(count: int) -> str:
    return f"{count / GIB:.1f} GiB"
