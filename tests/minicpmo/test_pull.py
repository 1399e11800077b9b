"""What a checkpoint of MiniCPM-o gets from another repository, and all of pulling once more: the
library for it is an older one in this environment.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from models import model_folders
from models.minicpmo import assets
from models.minicpmo.checkpoint import AWQ, BF16, Checkpoint
from tests.engine.test_pull import *  # noqa: F403
from tests.engine.test_pull import got
from tests.minicpmo import folders
from tests.support.hub_server import HubServer, Repo


def as_repo(folder: Path) -> Repo:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    files = {str(path.relative_to(folder)): path.read_bytes() for path in paths}
    large = {name for name in files if name.endswith((".safetensors", ".pt", ".onnx", ".wav"))}
    return Repo(files, frozenset(large))


@pytest.mark.parametrize("is_here", [False, True])
def test_awq_gets_the_speech_of_the_bf16_checkpoint(
    served: HubServer, tmp_path: Path, is_here: bool
) -> None:
    """From the hub, or from where it has been pulled."""
    served.repos[AWQ] = as_repo(folders.checkpoint(tmp_path / "a", awq=True, speech=False))
    other = model_folders.models_folder() / "MiniCPM-o-4_5" if is_here else tmp_path / "b"
    served.repos[BF16] = as_repo(folders.checkpoint(other))
    served.repos[BF16].files["assets/demo.wav"] = b"a talk"
    folder = got(AWQ)
    found = Checkpoint.read(folder, "1.0.7")
    assert found.token2wav == (other if is_here else folder) / assets.FOLDER
    fetched = [it.path for it in served.asked if it.path.startswith(f"/{BF16}/resolve")]
    assert bool(fetched) is not is_here
    assert all("/assets/" in path and "demo.wav" not in path for path in fetched)
