"""The model that the tests run on.

By default that is the tiny checkpoint (tests/minicpmo/tiny), made anew. On one of your own:

    PRESSBOX_TEST_MODEL=DIR PY -m pytest tests/minicpmo --confcutdir=tests/minicpmo

DIR is any MiniCPM-o 4.5, also one with random weights around the true modelling code, which is made
from a folder with that code and its tokenizer (0.2 GB, half a minute):

    PY -m tests.minicpmo.random_weights CODE DIR

Either speaks with the true vocoder, which tests/minicpmo/vocoder makes run on a CPU.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.minicpmo import vocoder  # noqa: F401
from tests.support.ordinary_signals import heed_ctrl_c

if TYPE_CHECKING:
    from models.minicpmo.session import Session
    from tests.minicpmo.asking import Asking

heed_ctrl_c()

THIRD_PARTY = (
    "ignore::DeprecationWarning",
    "ignore::FutureWarning:transformers",
    "ignore:pkg_resources is deprecated:UserWarning",
    "ignore:.*torchcodec.*:UserWarning",
    "ignore:.*torchaudio.*:UserWarning:torchaudio",
)


def pytest_configure(config: pytest.Config) -> None:
    for line in THIRD_PARTY:
        config.addinivalue_line("filterwarnings", line)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """For links to the vocoder's files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def checkpoint_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint that the suite runs on."""
    import torch

    torch.set_num_threads(1)
    if given := os.environ.get("PRESSBOX_TEST_MODEL"):
        return Path(given)
    from tests.minicpmo.tiny import make_checkpoint

    with warnings.catch_warnings(action="ignore"):
        return make_checkpoint(tmp_path_factory.mktemp("tiny") / "checkpoint")


@pytest.fixture(scope="session")
def is_tiny() -> bool:
    """Whether it says what a prompt steers it to say, and fails on request."""
    return not os.environ.get("PRESSBOX_TEST_MODEL")


@pytest.fixture(scope="session")
def session(checkpoint_folder: Path) -> Iterator[Session]:
    """Open; on the GPU where there is one."""
    from models.minicpmo.checkpoint import Checkpoint
    from models.minicpmo.session import Session
    from models.minicpmo.voices import Voices

    checkpoint = Checkpoint.read(checkpoint_folder)
    session = Session(checkpoint, "auto", 0, Voices(Path("none"), checkpoint.reference_voice))
    with warnings.catch_warnings(action="ignore"):
        session.open()
    yield session
    session.close()


@pytest.fixture
def asking(session: Session) -> Iterator[Asking]:
    """The session, with short ways to ask it; hooks that a test sets are gone after it."""
    from tests.minicpmo.asking import Asking

    asking = Asking(session)
    yield asking
    asking.close()


@pytest.fixture
def tiny(is_tiny: bool) -> None:
    """For tests of what only the tiny checkpoint does."""
    if not is_tiny:
        pytest.skip("this checkpoint cannot be told what to say")
