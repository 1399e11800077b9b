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
from models.hub import HubError, Listing
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
    """Files of one commit: by where each goes in ``folder``, its path in the repository."""

    listing: Listing
    revision: str
    folder: Path
    paths: Mapping[str, str]
    report: Report

    def is_here(self, name: str, place: Path) -> bool:
        return hub.is_at(self.listing.files[self.paths[name]], place)

    def stamp(self, name: str) -> Stamp:
        large = self.listing.files[self.paths[name]].lfs
        hashed = large.sha256 if large else manifest.sha256(self.folder / name)
        return Stamp(size=self.size([name]), sha256=hashed)

    def size(self, names: Iterable[str]) -> int:
        return sum(self.listing.files[self.paths[name]].size or 0 for name in names)


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
    if not listing.files.keys() >= set(paths.values()):
        raise PullError(f"piper has no voice {voice}: they are listed at {hub.HOME}/{PIPER}")
    _bring(_Job(listing, revision, folder, paths, report))
    return folder


def _pull_model(repo: str, to: Path, revision: str, report: Report) -> Path:
    folder = _folder(to)
    held = manifest.read(folder).repo
    if held and held != repo:
        raise PullError(f"{folder} holds {held}: name another folder with --to")
    listing = _listing(repo, revision, [f"{hub.HOME}/{repo}/tree/{revision}"], folder)
    paths = {path: path for path in _chosen(listing.files)}
    if not paths:
        raise PullError(f"{repo} holds no files that an engine could use")
    _bring(_Job(listing, revision, folder, paths, report))
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
    paths = {
        path: path
        for path in _chosen(listing.files)
        if path.startswith(f"{assets.FOLDER}/") or path in assets.VOICES
    }
    _bring(_Job(listing, "main", folder, paths, report))


def _bring(job: _Job) -> None:
    """Everything of a job that is not there yet; then the manifest."""
    job.folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(job.folder / STAGING, ignore_errors=True)  # of one that was killed
    wanted = [name for name in job.paths if not job.is_here(name, job.folder / name)]
    if wanted:
        _check_disk(job.folder, job.size(wanted))
        job.report(
            f"{job.listing.repo} at {job.listing.commit[:12]}: {len(wanted)} files, "
            f"{size(job.size(wanted))}, into {job.folder}"
        )
    for name in wanted:
        if (job.folder / name).is_file():
            job.report(f"{name} is here but not what {job.listing.repo} has: it is fetched again")
        job.report(f"{name}, {size(job.size([name]))}")
        _fetch(job, name)
    stamps = {name: job.stamp(name) for name in job.paths}
    source = Source(
        repo=job.listing.repo, revision=job.revision, commit=job.listing.commit, files=stamps
    )
    manifest.add(job.folder, source)
    shutil.rmtree(job.folder / STAGING, ignore_errors=True)
    job.report(f"{job.listing.repo}: {len(stamps)} files, all hashes are right")


def _fetch(job: _Job, name: str) -> None:
    """One file, once more when its hash is wrong. Raises PullError or HubError."""
    place = job.folder / name
    for again in (": it is fetched again", ""):
        came = _download(job, job.paths[name])
        if job.is_here(name, came):
            place.parent.mkdir(parents=True, exist_ok=True)
            came.replace(place)
            return
        came.unlink()
        job.report(f"{name} came with a wrong hash{again}")
    raise PullError(
        f"{name} came twice with a wrong hash, so {hub.host()} or something on the way damages it: "
        f"pull again, or fetch {hub.address(job.listing.repo, job.paths[name], job.listing.commit)}"
        f" another way and put it at {place}"
    )


def _download(job: _Job, path: str) -> Path:
    """Tries again while the connection is to blame. Raises HubError."""
    for attempt in range(ATTEMPTS):
        time.sleep(PAUSE * 2 ** (attempt - 1) if attempt else 0)
        try:
            return hub.download(job.listing.repo, job.listing.commit, path, job.folder / STAGING)
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


def _chosen(paths: Iterable[str]) -> list[str]:
    """What an engine reads; weights in one form only."""
    kept = [path for path in paths if not _LEFT_OUT.search(path)]
    if any(path.endswith(".safetensors") for path in kept):
        return [path for path in kept if not _OLDER_WEIGHTS.search(path)]
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
