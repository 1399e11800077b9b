"""`python -m models pull`: brings a model or a voice from the hub, whole and verified.

Files are fetched into a folder `.download` beside their places and moved when their hashes are
right: what lies in a model's folder is either absent or whole, and is not fetched again.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from models import hub, manifest, model_folders
from models.engine import EngineStartError
from models.hub import HubError, Listing, RemoteFile
from models.manifest import Source, Stamp, size
from models.minicpmo import assets, checkpoint
from speech import piper_voices

STAGING = ".download"
ATTEMPTS = 4
"""Times that a file may break off, beside the library's own."""
PAUSE = 1.0
"""Seconds before the second attempt; each further one waits twice as long."""
SPARE = 256 << 20
"""Bytes of disk that stay free."""
PIPER = "rhasspy/piper-voices"
_REST = "files that are whole stay, and the same command brings the rest"

Report = Callable[[str], None]

_VOICE = re.compile(r"(([a-z]{2,3})_[A-Z]{2})-([\w+]+)-(x_low|low|medium|high)", re.ASCII)
# Other forms of the same weights, and what only people look at.
_LEFT_OUT = re.compile(
    r"(^|/)\.|^onnx/|^original/|\.(gguf|msgpack|h5|ot|tflite|png|jpe?g|gif|svg|mp4|mp3|pdf)$",
    re.IGNORECASE,
)
_OLDER_WEIGHTS = re.compile(r"\.(bin|pth|ckpt)$", re.IGNORECASE)


class PullError(EngineStartError):
    """A model that could not be brought; the text is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class _Job:
    """Files of one commit and where each goes, relative to ``folder``."""

    listing: Listing
    revision: str
    folder: Path
    places: Mapping[str, RemoteFile]
    report: Report


def pull(target: str, to: Path | None, revision: str, report: Report) -> Path:
    """Brings a model or a voice of piper to this machine.

    Args:
        target: A hub id like `openbmb/MiniCPM-o-4_5-awq`, or a voice like `en_US-lessac-medium`
            with or without `piper:` before it.
        to: Folder to put it into; None: where the engines look for it.
        revision: Branch, tag or commit.
        report: Takes lines about how it goes.

    Returns the folder. Raises PullError or HubError.
    """
    voice = target.removeprefix("piper:")
    try:
        if named := _VOICE.fullmatch(voice):
            region, language, name, quality = named.groups()
            base = f"{language}/{region}/{name}/{quality}/{voice}"
            return _pull_voice(voice, base, to or piper_voices.folder() / voice, revision, report)
        if model_folders.is_id(target):
            return _pull_model(target, to or model_folders.folder_of(target), revision, report)
    except KeyboardInterrupt:
        raise PullError(f"stopped: {_REST}") from None
    except OSError as error:
        reason = (error.strerror or "disk error").lower()
        raise PullError(f"{error.filename or 'the disk'}: {reason}") from None
    raise PullError(
        f"{target!r} is neither a hub id such as openbmb/MiniCPM-o-4_5-awq nor a voice of piper "
        "such as en_US-lessac-medium"
    )


def _pull_voice(voice: str, base: str, to: Path, revision: str, report: Report) -> Path:
    folder = _folder(to)
    paths = {f"{voice}{end}": f"{base}{end}" for end in (".onnx", ".onnx.json")}
    addresses = [hub.address(PIPER, path, revision) for path in paths.values()]
    listing = _listing(PIPER, revision, addresses, folder)
    known = {file.path: file for file in listing.files}
    if any(path not in known for path in paths.values()):
        raise PullError(f"piper has no voice {voice}: they are listed at {hub.HOME}/{PIPER}")
    places = {name: known[path] for name, path in paths.items()}
    _bring(_Job(listing, revision, folder, places, report))
    return folder


def _pull_model(repo: str, to: Path, revision: str, report: Report) -> Path:
    folder = _folder(to)
    held = manifest.read(folder).repo
    if held and held != repo:
        raise PullError(f"{folder} holds {held}: name another folder with --to")
    listing = _listing(repo, revision, [f"{hub.HOME}/{repo}/tree/{revision}"], folder)
    places = {file.path: file for file in _chosen(listing.files)}
    if not places:
        raise PullError(f"{repo} holds no files that an engine could use")
    _bring(_Job(listing, revision, folder, places, report))
    _bring_speech(repo, folder, report)
    return folder


def _bring_speech(repo: str, folder: Path, report: Report) -> None:
    """What the AWQ checkpoint lacks to speak comes from the BF16 one, unless that is here."""
    kind = checkpoint.kind_of(folder)
    if kind is None:
        return
    found = checkpoint.speech(folder)
    if found.token2wav and found.voice:
        if not found.token2wav.is_relative_to(folder):
            report(f"speech: its files are those in {found.token2wav}")
        return
    if kind != "awq":
        report(f"text only: {found.silent}")
        return
    report(f"speech: {repo} lacks {assets.FOLDER}, which {checkpoint.BF16} has")
    address = f"{hub.HOME}/{checkpoint.BF16}/tree/main/{assets.FOLDER}"
    listing = _listing(checkpoint.BF16, "main", [address], folder / assets.FOLDER)
    places = {
        file.path: file
        for file in _chosen(listing.files)
        if file.path.startswith(f"{assets.FOLDER}/") or file.path in assets.VOICES
    }
    _bring(_Job(listing, "main", folder, places, report))


def _bring(job: _Job) -> None:
    """Everything of a job that is not there yet; then the manifest."""
    job.folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(job.folder / STAGING, ignore_errors=True)  # of one that was killed
    wanted = [name for name, file in job.places.items() if not _is_here(job, name, file)]
    if wanted:
        total = sum(job.places[name].size for name in wanted)
        _check_disk(job.folder, total)
        job.report(
            f"{job.listing.repo} at {job.listing.commit[:12]}: {len(wanted)} files, "
            f"{size(total)}, into {job.folder}"
        )
    for name in wanted:
        _fetch(job, name, job.places[name])
    stamps = {
        name: Stamp(file.size, file.sha256 or manifest.sha256(job.folder / name))
        for name, file in job.places.items()
    }
    source = Source(job.listing.repo, job.revision, job.listing.commit, stamps)
    manifest.read(job.folder).with_source(source).write(job.folder)
    shutil.rmtree(job.folder / STAGING, ignore_errors=True)
    job.report(f"{job.listing.repo}: {len(stamps)} files, all hashes are right")


def _is_here(job: _Job, name: str, file: RemoteFile) -> bool:
    place = job.folder / name
    if file.is_at(place):
        return True
    if place.is_file():
        job.report(f"{name} is here but not what {job.listing.repo} has: it is fetched again")
    return False


def _fetch(job: _Job, name: str, file: RemoteFile) -> None:
    """One file, once more when its hash is wrong. Raises PullError or HubError."""
    for again in (": it is fetched again", ""):
        path = _download(job, file)
        if file.is_at(path):
            place = job.folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)
            return
        path.unlink()
        job.report(f"{name} came with a wrong hash{again}")
    raise PullError(
        f"{name} came twice with a wrong hash, so {hub.host()} or something on the way damages it: "
        f"pull again, or fetch {hub.address(job.listing.repo, file.path, job.listing.commit)} "
        f"another way and put it at {job.folder / name}"
    )


def _download(job: _Job, file: RemoteFile) -> Path:
    """Tries again while the connection is to blame. Raises HubError."""
    for attempt in range(ATTEMPTS):
        time.sleep(PAUSE * 2 ** (attempt - 1) if attempt else 0)
        try:
            return hub.download(
                job.listing.repo, job.listing.commit, file.path, job.folder / STAGING
            )
        except HubError as error:
            if error.final:
                raise
            last = error
    raise HubError(f"{last}: {_REST}")


def _check_disk(folder: Path, total: int) -> None:
    free = shutil.disk_usage(folder).free
    if total + SPARE > free:
        raise PullError(
            f"{folder} has {size(free)} free and {size(total)} are to come: make room, or name "
            "another folder with --to"
        )


def _chosen(files: Iterable[RemoteFile]) -> list[RemoteFile]:
    """What an engine reads; weights in one form only."""
    kept = [file for file in files if not _LEFT_OUT.search(file.path)]
    if any(file.path.endswith(".safetensors") for file in kept):
        return [file for file in kept if not _OLDER_WEIGHTS.search(file.path)]
    return kept


def _listing(repo: str, revision: str, addresses: list[str], folder: Path) -> Listing:
    """Raises HubError, which without a network says how to do without one."""
    try:
        return hub.listing(repo, revision)
    except HubError as error:
        if not error.offline:
            raise
        raise HubError(
            f"{error}: where it can be, fetch {' and '.join(addresses)} (python -m models pull "
            f"with --to DIR does so), and put the files into {folder}"
        ) from None


def _folder(path: Path) -> Path:
    folder = path.expanduser().absolute()
    if folder.exists() and not folder.is_dir():
        raise PullError(f"{folder} is a file: --to names a folder")
    return folder
