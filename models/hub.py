"""Where models lie on this machine, and the hub that they come from.

`huggingface_hub` is in the engines' environments only, so it is imported where it is used.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar
from urllib.parse import quote, urlsplit

from models import transfer
from models.engine import EngineStartError

HOME = "https://huggingface.co"
_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)

T = TypeVar("T")


class HubError(EngineStartError):
    """The hub does not give what is asked for; the text is one line without tokens or addresses.

    Attributes:
        final: Whether trying again would end the same way.
        offline: Whether the hub was not reached at all.
    """

    def __init__(self, message: str, *, final: bool = True, offline: bool = False) -> None:
        super().__init__(message)
        self.final = final
        self.offline = offline


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file on the hub.

    Attributes:
        path: Relative to its repository.
        size: Bytes.
        sha256: Of its content; empty for a small file, which has ``git_hash``.
        git_hash: The sha1 that git has for it.
    """

    path: str
    size: int
    sha256: str
    git_hash: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A repository at one commit."""

    repo: str
    commit: str
    files: tuple[RemoteFile, ...]


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/pressbox`, or `~/.cache/pressbox`."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "pressbox"


def models_folder() -> Path:
    """Where `pull` puts models."""
    return cache_folder() / "models"


def voice_folder(voice: str) -> Path:
    """Where `pull` puts a voice of piper."""
    return cache_folder() / "piper" / voice


def is_id(text: str) -> bool:
    """Whether it looks like `owner/name`."""
    return _ID.fullmatch(text) is not None and ".." not in text


def folder_of(repo: str) -> Path:
    """Where `pull` puts a model. Code of a folder with a dot in its name cannot be imported."""
    return models_folder() / repo.rsplit("/", 1)[-1].replace(".", "_")


def resolve(path_or_id: str) -> Path:
    """The folder of a model: a path as it is, or a hub id that was pulled.

    Raises EngineStartError when there is neither.
    """
    if not path_or_id:
        raise EngineStartError("no model is named: MODEL_PATH is its folder or hub id")
    path = Path(path_or_id).expanduser()
    if path.exists():
        return path.absolute()
    if not is_id(path_or_id):
        raise EngineStartError(f"{path} is not there: MODEL_PATH is a folder or a hub id")
    if not folder_of(path_or_id).is_dir():
        raise EngineStartError(
            f"{path_or_id} is no folder and was not pulled: python -m models pull {path_or_id}"
        )
    return folder_of(path_or_id)


def endpoint() -> str:
    """Address of the hub, which `HF_ENDPOINT` replaces by a mirror."""
    return (os.environ.get("HF_ENDPOINT") or HOME).rstrip("/")


def host() -> str:
    """Its name alone: an address may hold a password."""
    return urlsplit(endpoint()).hostname or "the hub"


def address(repo: str, path: str, revision: str = "main") -> str:
    """Where anybody can fetch a file with a browser."""
    return f"{HOME}/{repo}/resolve/{quote(revision, safe='')}/{quote(path)}"


def listing(repo: str, revision: str) -> Listing:
    """What is in a repository. Raises HubError."""
    _quiet()
    from huggingface_hub import HfApi

    def ask() -> Listing:
        info = HfApi(endpoint=endpoint()).model_info(repo, revision=revision, files_metadata=True)
        files = [_remote(sibling) for sibling in info.siblings or ()]
        return Listing(repo, str(info.sha), tuple(file for file in files if _safe(file.path)))

    return _asked(ask, repo, revision)


def download(repo: str, commit: str, file: RemoteFile, path: Path) -> None:
    """Brings one file to ``path``, going on where it was broken off.

    Raises:
        HubError: It did not come whole; what came is kept.
        OSError: It cannot be written.
    """
    _quiet()
    from huggingface_hub import get_token

    url = f"{endpoint()}/{repo}/resolve/{quote(commit, safe='')}/{quote(file.path)}"
    try:
        transfer.fetch(url, get_token(), path, file.size)
    except transfer.TransferError as error:
        raise _by_status(error.status, repo, False) from None


def _quiet() -> None:
    """Has the library say nothing: its lines name addresses, and we have our own.

    Raises HubError when it is not there.
    """
    if importlib.util.find_spec("huggingface_hub") is None:
        raise HubError(
            "downloads need the environment of an engine: make engine-minicpmo (or engine-vlm)"
        )
    logging.getLogger("huggingface_hub").setLevel(logging.CRITICAL)


def _asked(call: Callable[[], T], repo: str, revision: str) -> T:
    """What the call returns. Raises HubError for everything that the library raises."""
    try:
        return call()
    except Exception as error:
        raise _explained(error, repo, revision) from None


def _explained(error: Exception, repo: str, revision: str) -> HubError:
    """Our own words for an error; its text may hold a token or a signed address."""
    from huggingface_hub import errors

    cause = error.__cause__ if isinstance(error, errors.LocalEntryNotFoundError) else error
    status = getattr(getattr(cause, "response", None), "status_code", 0)
    if isinstance(cause, errors.GatedRepoError):
        return HubError(
            f"{repo} is given only to those who accept its conditions at {HOME}/{repo}: then "
            "log in on this machine with `hf auth login` or set HF_TOKEN"
        )
    if isinstance(cause, errors.RevisionNotFoundError):
        return HubError(f"{repo} has no revision {revision}: --revision takes a commit or branch")
    if isinstance(cause, errors.RepositoryNotFoundError):
        return HubError(
            f"there is no {repo} at {host()}, or it is private: check its name, or log in with "
            "`hf auth login`"
        )
    return _by_status(status, repo, isinstance(cause, errors.OfflineModeIsEnabled))


def _by_status(status: int, repo: str, forbidden: bool) -> HubError:
    if status in (401, 403):
        return HubError(f"{host()} refuses access to {repo}: log in with `hf auth login`")
    if status == 404:
        return HubError(f"{host()} has no longer what it lists for {repo}: pull again")
    if status:
        return HubError(f"{host()} answers with status {status}: try again later", final=False)
    if forbidden:
        return HubError("HF_HUB_OFFLINE forbids to ask the hub", offline=True)
    return HubError(f"{host()} cannot be reached", final=False, offline=True)


def _remote(sibling: object) -> RemoteFile:
    lfs = getattr(sibling, "lfs", None)
    return RemoteFile(
        str(getattr(sibling, "rfilename", "")),
        int(getattr(sibling, "size", 0) or 0),
        str(getattr(lfs, "sha256", "") or ""),
        str(getattr(sibling, "blob_id", "") or ""),
    )


def _safe(path: str) -> bool:
    """A name that stays inside the folder it is put into."""
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts and "\\" not in path
