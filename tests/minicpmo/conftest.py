"""The model that the tests run on.

By default that is the tiny checkpoint (tests/minicpmo/tiny), made anew. On one of your own:

    PRESSBOX_TEST_MODEL=DIR PY -m pytest tests/minicpmo --confcutdir=tests/minicpmo

DIR is any MiniCPM-o 4.5, also one with random weights around the true modelling code, which is made
from a folder with that code and its tokenizer (0.2 GB, half a minute):

    PY -m tests.minicpmo.random_weights CODE DIR

Where there is no CUDA, tests/minicpmo/vocoder stands in for the vocoder's module.
"""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.ordinary_signals import heed_ctrl_c

if TYPE_CHECKING:
    from models.minicpmo.remote_backend import RemoteBackend
    from tests.minicpmo.asking import Asking

heed_ctrl_c()

VOCODER = Path(__file__).parent / "vocoder"
THIRD_PARTY = (
    "ignore::DeprecationWarning",
    "ignore::FutureWarning:transformers",
    "ignore:pkg_resources is deprecated:UserWarning",
)


def pytest_configure(config: pytest.Config) -> None:
    for line in THIRD_PARTY:
        config.addinivalue_line("filterwarnings", line)


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
def stand_in() -> Iterator[Any]:
    """The module that stands in for the vocoder's, None where the true one is used."""
    import torch

    if torch.cuda.is_available():
        yield None
        return
    sys.path.insert(0, str(VOCODER))
    yield importlib.import_module("stepaudio2")
    sys.path.remove(str(VOCODER))


@pytest.fixture
def vocoder(stand_in: Any) -> Iterator[Any]:
    """The stand-in, whose FAULT and PASSES a test may set."""
    if stand_in is None:
        pytest.skip("the true vocoder does not fail on request")
    yield stand_in
    stand_in.FAULT, stand_in.PASSES = "", 0


@pytest.fixture(scope="session")
def loaded(checkpoint_folder: Path, stand_in: Any) -> Iterator[RemoteBackend]:
    """The backend with the model in it."""
    from models.minicpmo.remote_backend import RemoteBackend
    from tests.minicpmo.asking import source

    backend = RemoteBackend(source(checkpoint_folder))
    with warnings.catch_warnings(action="ignore"):
        backend.load()
    yield backend
    backend.close()


@pytest.fixture
def asking(loaded: RemoteBackend) -> Iterator[Asking]:
    """The backend, with short ways to ask it; hooks that a test sets are gone after it."""
    from tests.minicpmo.asking import Asking

    asking = Asking(loaded)
    yield asking
    asking.close()


@pytest.fixture
def tiny(is_tiny: bool) -> None:
    """For tests of what only the tiny checkpoint does."""
    if not is_tiny:
        pytest.skip("this checkpoint cannot be told what to say")
