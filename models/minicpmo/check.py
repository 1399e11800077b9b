"""What `python -m models check` says of a checkpoint of MiniCPM-o 4.5 and of this machine."""

from __future__ import annotations

from tqdm import tqdm

from models import manifest, model_folders
from models.check import CheckReport
from models.manifest import size
from models.minicpmo import assets, memory
from models.minicpmo.checkpoint import Checkpoint
from models.minicpmo.memory import Need
from models.runtime import device as hardware
from models.runtime.device import GIB, NotEnoughMemoryError, Room

_PACKAGES = ("torch", "torchaudio", "transformers", "minicpmo-utils")
_SLOW = (
    "; a CPU is far too slow for commentary with it, and the vocoder asks for CUDA: "
    "ENGINE=vlm suits"
)
_LEAST_AWQ = (7, 5)
_LEAST_BF16 = (8, 0)


def check(model: str, device: str, budget_gib: float) -> CheckReport:
    """Looks at everything; see `models.registry.check`."""
    checkpoint = Checkpoint.read(model_folders.resolve(model))
    pulled = checkpoint.pulled
    at = f", {pulled.repo} at {pulled.commit[:12]}" if pulled.repo else ""
    report = CheckReport([f"model: {checkpoint.name} in {checkpoint.folder}{at}"])
    _check_hashes(report, checkpoint)
    report.add(f"speech: {_speech(checkpoint)}")
    report.environment("minicpmo", (*_PACKAGES, *(("autoawq",) if checkpoint.awq else ())))
    for name in device.split(","):
        _check_device(report, checkpoint, hardware.found_device(name), budget_gib)
    return report.next("minicpmo", checkpoint.folder)


def _check_hashes(report: CheckReport, checkpoint: Checkpoint) -> None:
    folder, pulled = checkpoint.folder, checkpoint.pulled
    if not pulled.files:
        return report.add("hashes: not known, since the folder was not pulled")
    present = {path: it for path, it in pulled.files.items() if (folder / path).is_file()}
    looked_at = tqdm(present.items(), desc="hashes", disable=None)
    wrong = [path for path, it in looked_at if manifest.sha256(folder / path) != it.sha256]
    if wrong:
        bring = f"python -m models pull {pulled.repo} --to {folder} fetches what is damaged"
        return report.add(f"hashes: {', '.join(wrong)} not what was pulled: {bring}", ok=False)
    total = size(sum(stamp.size for stamp in present.values()))
    return report.add(f"hashes: those of {len(present)} files ({total}) are right")


def _speech(checkpoint: Checkpoint) -> str:
    if not checkpoint.speaks:
        return f"none, text only: {checkpoint.silent}"
    vocoder = f"vocoder in {checkpoint.token2wav}"
    voice = checkpoint.reference_voice
    if voice is None:
        return f"{vocoder}; {checkpoint.silent}"
    length = assets.seconds(voice)
    return f"{vocoder}; it speaks like {voice}" + (f" ({length:.1f} s)" if length else "")


def _check_device(
    report: CheckReport, checkpoint: Checkpoint, device: str, budget_gib: float
) -> None:
    try:
        room = hardware.room(device)
    except NotEnoughMemoryError as error:
        return report.add(f"device: {error}", ok=False)
    report.add(f"device: {_named(device)}, {_gib(room.free)} free of {_gib(room.total)}")
    report.add(*_needs(checkpoint, device))
    refused = _refused(checkpoint, device)
    line, fits = (refused, False) if refused else _verdict(checkpoint, device, room, budget_gib)
    return report.add(f"verdict: {line}", ok=fits)


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
