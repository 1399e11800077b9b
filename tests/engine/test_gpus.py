"""What nvidia-smi says, and one that says nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from models import gpus
from models.gpus import Gpu, Gpus, parsed


def test_what_makes_no_sense_is_left_out() -> None:
    told = "0, NVIDIA H100, 512, 1024, 37\n1, NVIDIA A2, [N/A], 2, 3\nNo devices were found\n\n"
    assert parsed(told) == [Gpu("0", "NVIDIA H100", 512 << 20, 1024 << 20, 0.37)]


async def test_one_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 1000\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(gpus, "LIMIT", 0.5)
    assert await Gpus().now() == []
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
