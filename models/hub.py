"""Where models lie on this machine, and the hub that they come from.

Of the hub's interface two calls are used, a repository's list and a file; they need no library, so
that every environment can pull.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, urlsplit

from models import transfer
from models.engine import EngineStartError
from models.transfer import TransferError

HOME = "https://huggingface.co"
_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)


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
    _check_allowed()
    url = f"{endpoint()}/api/models/{repo}/revision/{quote(revision, safe='')}?blobs=true"
    try:
        found = transfer.fetch_json(url, token())
        files = tuple(_remote(entry) for entry in found["siblings"] if _safe(entry["rfilename"]))
        return Listing(repo, str(found["sha"]), files)
    except TransferError as error:
        raise _explained(error, repo, revision) from None
    except (KeyError, TypeError, ValueError, AttributeError):
        raise HubError(f"{host()} answers something that is no list of files") from None


def download(repo: str, commit: str, file: RemoteFile, path: Path) -> None:
    """Brings one file to ``path``, going on where it was broken off.

    Raises:
        HubError: It did not come whole; what came is kept.
        OSError: It cannot be written.
    """
    _check_allowed()
    url = f"{endpoint()}/{repo}/resolve/{quote(commit, safe='')}/{quote(file.path)}"
    try:
        transfer.fetch(url, token(), path, file.size)
    except TransferError as error:
        raise _explained(error, repo, commit) from None


def token() -> str | None:
    """What `HF_TOKEN` or `hf auth login` gave, which must never be shown."""
    given = os.environ.get("HF_TOKEN", "").strip()
    if given:
        return given
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    home = Path(os.environ.get("HF_HOME") or Path(cache) / "huggingface").expanduser()
    place = Path(os.environ.get("HF_TOKEN_PATH") or home / "token")
    try:
        return place.read_text(encoding="ascii").strip() or None
    except (OSError, ValueError):
        return None


def _check_allowed() -> None:
    """Raises HubError before anything is asked that cannot or may not be."""
    parts = urlsplit(endpoint())
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise HubError(f"HF_ENDPOINT is an address such as {HOME}, without a password")
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on"):
        raise HubError("HF_HUB_OFFLINE forbids to ask the hub", offline=True)


def _explained(error: TransferError, repo: str, revision: str) -> HubError:
    """Our own words; those of the hub may hold what is secret."""
    if error.code == "GatedRepo":
        return HubError(
            f"{repo} is given only to those who accept its conditions at {HOME}/{repo}: then "
            "log in on this machine with `hf auth login` or set HF_TOKEN"
        )
    if error.code == "RevisionNotFound":
        return HubError(f"{repo} has no revision {revision}: --revision takes a commit or branch")
    if error.code == "RepoNotFound" or error.status in (401, 403):
        return HubError(
            f"there is no {repo} at {host()}, or it is private: check its name, or log in with "
            "`hf auth login`"
        )
    if error.status == 404:
        return HubError(f"{host()} has not what it lists for {repo}: pull again")
    if error.status:
        return HubError(
            f"{host()} answers with status {error.status}: try again later", final=False
        )
    return HubError(f"{host()} cannot be reached", final=False, offline=True)


def _remote(entry: dict[str, Any]) -> RemoteFile:
    lfs = entry.get("lfs") or {}
    return RemoteFile(
        str(entry["rfilename"]),
        int(entry["size"]),
        str(lfs.get("sha256", "")),
        str(entry.get("blobId", "")),
    )


def _safe(path: str) -> bool:
    """A name that stays inside the folder it is put into."""
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts and "\\" not in path
