"""The hub that models come from, asked by huggingface_hub: what is in a repository, and its files.

Each environment has a version of that library, 0.36 with transformers 4, else 2; both do.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urlsplit

from huggingface_hub import HfApi, constants, hf_hub_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.hf_api import RepoSibling
from huggingface_hub.utils.sha import git_hash

from models.engine import EngineStartError
from models.manifest import sha256

HOME = "https://huggingface.co"
TIMEOUT = 30.0
"""Seconds that the hub has to answer."""

# Plain HTTP goes through any proxy and comes from any mirror.
constants.HF_HUB_DISABLE_XET = True
# Else it tells the hub what is installed here, and asks it which agents there are, past any mirror.
constants.HF_HUB_DISABLE_TELEMETRY = True
# Its warnings hold signed addresses.
logging.getLogger("huggingface_hub").setLevel(logging.CRITICAL)
_BROKEN: tuple[type[Exception], ...] = (OSError, HfHubHTTPError.__bases__[0])
"""What a connection ends with: errors of httpx or, in the older version, of requests."""


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
class Listing:
    """A repository at one commit: its files by path, as huggingface_hub tells of them."""

    repo: str
    commit: str
    files: dict[str, RepoSibling]


def is_at(file: RepoSibling, place: Path) -> bool:
    """Whether this file lies there, by size and hash. Raises OSError."""
    if not place.is_file() or place.stat().st_size != file.size:
        return False
    if file.lfs:
        return sha256(place) == file.lfs.sha256
    return git_hash(place.read_bytes()) == file.blob_id


def host() -> str:
    """Name of the hub, or of the mirror in HF_ENDPOINT: an address may hold a password."""
    return urlsplit(_endpoint()).hostname or "the hub"


def address(repo: str, path: str, revision: str = "main") -> str:
    """Where anybody can fetch a file with a browser."""
    return f"{HOME}/{repo}/resolve/{quote(revision, safe='')}/{quote(path)}"


def listing(repo: str, revision: str) -> Listing:
    """What is in a repository. Raises HubError."""
    _check_allowed()
    try:
        found = HfApi(_endpoint()).model_info(
            repo, revision=revision, timeout=TIMEOUT, files_metadata=True
        )
        files = {it.rfilename: it for it in found.siblings or () if _safe(it.rfilename)}
        return Listing(repo, str(found.sha), files)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise HubError(f"{host()} answers something that is no list of files") from None
    except _BROKEN as error:
        raise _explained(error, repo, revision) from None


def download(repo: str, commit: str, path: str, folder: Path) -> Path:
    """Brings one file below ``folder``; when it is broken off it goes on there, a few times.

    Raises:
        HubError: It did not come whole.
        OSError: It cannot be written.
    """
    _check_allowed()
    try:
        return Path(
            hf_hub_download(repo, path, revision=commit, local_dir=folder, endpoint=_endpoint())
        )
    except _BROKEN as error:
        if isinstance(error, OSError) and error.errno and not isinstance(error, ConnectionError):
            raise  # of the disk: what breaks on the way has none of the system's numbers
        explained = _explained(error, repo, commit)
        if explained.offline:
            explained = HubError(f"the connection to {host()} breaks", final=False)
        raise explained from None


def _endpoint() -> str:
    return (os.environ.get("HF_ENDPOINT") or HOME).rstrip("/")


def _check_allowed() -> None:
    """Raises HubError before anything is asked that cannot or may not be."""
    parts = urlsplit(_endpoint())
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise HubError(f"HF_ENDPOINT is an address such as {HOME}, without a password")
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on"):
        raise HubError("HF_HUB_OFFLINE forbids to ask the hub", offline=True)


def _explained(error: BaseException, repo: str, revision: str) -> HubError:
    """Our own words; those of the hub may hold what is secret."""
    if isinstance(error, LocalEntryNotFoundError) and error.__cause__:
        error = error.__cause__  # the library looked for a copy in its cache
    status = error.response.status_code if isinstance(error, HfHubHTTPError) else 0
    if isinstance(error, GatedRepoError):
        return HubError(
            f"{repo} is given only to those who accept its conditions at {HOME}/{repo}: then "
            "log in on this machine with `hf auth login` or set HF_TOKEN"
        )
    if isinstance(error, RevisionNotFoundError):
        return HubError(f"{repo} has no revision {revision}: --revision takes a commit or branch")
    if isinstance(error, RepositoryNotFoundError) or status in (401, 403):
        return HubError(
            f"there is no {repo} at {host()}, or it is private: check its name, or log in with "
            "`hf auth login`"
        )
    if isinstance(error, EntryNotFoundError) or status == 404:
        return HubError(f"{host()} has not what it lists for {repo}: pull again")
    if status:
        return HubError(f"{host()} answers with status {status}: try again later", final=False)
    return HubError(f"{host()} cannot be reached", final=False, offline=True)


def _safe(path: str) -> bool:
    """A name that stays inside the folder it is put into."""
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts and "\\" not in path
