"""How a checkpoint runs on this machine: on which device, with a voice or without."""

from __future__ import annotations

import logging

from models.minicpmo import assets, memory
from models.minicpmo.backend import Backend
from models.minicpmo.checkpoint import Checkpoint
from models.minicpmo.vocoder_files import readable
from models.minicpmo.voices import Voices
from models.runtime.device import found_device

log = logging.getLogger("engine")


def made_backend(checkpoint: Checkpoint, device: str, memory_gib: float, voices: Voices) -> Backend:
    """A backend that is ready to be loaded; memory is asked before anything is in it.

    Args:
        checkpoint: What to load.
        device: As in the settings: auto, cpu, cuda, cuda:N.
        memory_gib: The most it may take; 0: what is free.
        voices: Told how long a recording the memory allows.

    Raises:
        EngineStartError: It does not fit; the line says how much is needed and how much there is.
    """
    from models.minicpmo.loading import Source
    from models.minicpmo.remote_backend import RemoteBackend

    device = found_device(device)
    plan = memory.plan(checkpoint, device, memory_gib)
    log.info(
        "%s on %s as %s, about %.1f GiB",
        checkpoint.name,
        device,
        checkpoint.dtype(device),
        plan.need.gib,
    )
    if plan.notice:
        log.warning("%s", plan.notice)
    if plan.speech:
        voices.cut_to(plan.voice_seconds)
    token2wav = checkpoint.token2wav if plan.speech else None
    return RemoteBackend(
        Source(
            checkpoint.folder,
            checkpoint.dtype(device),
            device,
            is_awq=checkpoint.awq,
            unquantised=checkpoint.modules_to_not_convert,
            token2wav=token2wav and readable(token2wav, assets.installed_utils()),
        )
    )
