"""`python -m models pull`: brings a model or a voice from the hub, whole and verified.

Files are fetched into a folder `.download` beside their places, under the names of their hashes,
and moved when these are right: what lies in a model's folder is either absent or whole.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from models import hub, manifest
from models.engine import EngineStartError
from models.hub import HubError, Listing, RemoteFile
from models.manifest import Source, Stamp
from models.progress import Progress, size

STAGING = ".download"
ATTEMPTS = 5
"""Times in a row that a file may break off without a byte more."""
PAUSE = 1.0
"""Seconds before the second attempt; each further one waits twice as long."""
SPARE = 256 << 20
"""Bytes of disk that stay free."""
PIPER = "rhasspy/piper-voices"

Report = Callable[[str], None]

_VOICE = re.compile(r"([a-z]{2,3})_([A-Z]{2})-([\w+]+)-(x_low|low|medium|high)", re.ASCII)
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

    @property
    def staging(self) -> Path:
        return self.folder / STAGING


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
        if _VOICE.fullmatch(voice):
            return _pull_voice(voice, to, revision, report)
        if hub.is_id(target):
            return _pull_model(target, to, revision, report)
    except KeyboardInterrupt:
        raise PullError("stopped; what came stays, and the same command goes on there") from None
    except OSError as error:
        reason = (error.strerror or "disk error").lower()
        raise PullError(f"{error.filename or 'the disk'}: {reason}") from None
    raise PullError(
        f"{target!r} is neither a hub id such as openbmb/MiniCPM-o-4_5-awq nor a voice of piper "
        "such as en_US-lessac-medium"
    )


def _pull_voice(voice: str, to: Path | None, revision: str, report: Report) -> Path:
    language, country, name, quality = _match(voice)
    base = f"{language}/{language}_{country}/{name}/{quality}/{voice}"
    names = {f"{voice}.onnx": f"{base}.onnx", f"{voice}.onnx.json": f"{base}.onnx.json"}
    folder = _folder(to or hub.voice_folder(voice))
    addresses = [hub.address(PIPER, path, revision) for path in names.values()]
    listing = _listing(PIPER, revision, addresses, folder)
    known = {file.path: file for file in listing.files}
    if any(path not in known for path in names.values()):
        raise PullError(f"piper has no voice {voice}: they are listed at {hub.HOME}/{PIPER}")
    places = {name: known[path] for name, path in names.items()}
    _bring(_Job(listing, revision, folder, places, report))
    return folder


def _pull_model(repo: str, to: Path | None, revision: str, report: Report) -> Path:
    folder = _folder(to or hub.folder_of(repo))
    _refuse_another(folder, repo)
    listing = _listing(repo, revision, [f"{hub.HOME}/{repo}/tree/{revision}"], folder)
    places = {file.path: file for file in _chosen(listing.files)}
    if not places:
        raise PullError(f"{repo} holds no files that an engine could use")
    _bring(_Job(listing, revision, folder, places, report))
    _bring_speech(repo, folder, report)
    return folder


def _bring_speech(repo: str, folder: Path, report: Report) -> None:
    """What the AWQ checkpoint lacks to speak comes from the BF16 one, unless that is here."""
    if not _is_minicpmo(folder):
        return
    from models.minicpmo import assets, checkpoint

    found = checkpoint.Checkpoint.read(folder)
    if found.speaks and found.reference_voice:
        if not found.token2wav or not found.token2wav.is_relative_to(folder):
            report(f"speech: its files are those in {found.token2wav}")
        return
    if not found.awq:
        report(f"text only: {found.silent}")
        return
    report(f"speech: {repo} lacks {assets.FOLDER}, which {checkpoint.BF16} has")
    address = f"{hub.HOME}/{checkpoint.BF16}/tree/main/{assets.FOLDER}"
    listing = _listing(checkpoint.BF16, "main", [address], folder / assets.FOLDER)
    wanted = [
        file
        for file in _chosen(listing.files)
        if file.path.startswith(f"{assets.FOLDER}/") or file.path in assets.VOICES
    ]
    _bring(_Job(listing, "main", folder, {file.path: file for file in wanted}, report))


def _is_minicpmo(folder: Path) -> bool:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return isinstance(config, dict) and config.get("model_type") == "minicpmo"
    except (OSError, ValueError):
        return False


def _bring(job: _Job) -> None:
    """Everything of a job that is not there yet; then the manifest."""
    job.folder.mkdir(parents=True, exist_ok=True)
    wanted = [name for name, file in job.places.items() if not _is_here(job, name, file)]
    if wanted:
        _check_disk(job, wanted)
        job.report(
            f"{job.listing.repo} at {job.listing.commit[:12]}: {len(wanted)} files, "
            f"{size(sum(job.places[name].size for name in wanted))}, into {job.folder}"
        )
        _fetch_all(job, wanted)
    stamps = {
        name: Stamp(file.size, file.sha256 or manifest.sha256(job.folder / name))
        for name, file in job.places.items()
    }
    source = Source(job.listing.repo, job.revision, job.listing.commit, stamps)
    manifest.read(job.folder).with_source(source).write(job.folder)
    shutil.rmtree(job.staging, ignore_errors=True)
    job.report(f"{job.listing.repo}: {len(stamps)} files, all hashes are right")


def _is_here(job: _Job, name: str, file: RemoteFile) -> bool:
    place = job.folder / name
    if not place.is_file():
        return False
    if place.stat().st_size == file.size and _right(place, file):
        return True
    job.report(f"{name} is here but not what {job.listing.repo} has: it is fetched again")
    return False


def _fetch_all(job: _Job, wanted: list[str]) -> None:
    total = sum(job.places[name].size for name in wanted)
    moved = 0

    def done() -> int:
        return moved + _came(job.staging)

    job.staging.mkdir(exist_ok=True)
    with Progress(total, done, job.report):
        for name in wanted:
            _fetch(job, name, job.places[name])
            moved += job.places[name].size


def _fetch(job: _Job, name: str, file: RemoteFile) -> None:
    """One file, once more from the start when its hash is wrong. Raises PullError."""
    path = job.staging / (file.sha256 or file.git_hash or file.path.replace("/", "_"))
    for again in (": it is fetched again", ""):
        _download(job, file, path)
        if _right(path, file):
            place = job.folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(path, place)
            return
        path.unlink()
        job.report(f"{name} came with a wrong hash{again}")
    raise PullError(
        f"{name} came twice with a wrong hash, so {hub.host()} or something on the way damages it: "
        f"pull again, or fetch {hub.address(job.listing.repo, file.path, job.listing.commit)} "
        f"another way and put it at {job.folder / name}"
    )


def _download(job: _Job, file: RemoteFile, path: Path) -> None:
    """Tries again as long as bytes come. Raises HubError."""
    attempt, before = 1, -1
    while True:
        try:
            return hub.download(job.listing.repo, job.listing.commit, file, path)
        except HubError as error:
            there = _came(job.staging)
            attempt = attempt + 1 if there <= before else 1
            before = max(before, there)
            if error.final:
                raise
            if attempt >= ATTEMPTS:
                raise HubError(
                    f"{error}; what came stays, the same command goes on there"
                ) from None
            time.sleep(PAUSE * 2 ** (attempt - 1))


def _check_disk(job: _Job, wanted: Iterable[str]) -> None:
    need = sum(job.places[name].size for name in wanted) - _came(job.staging)
    free = shutil.disk_usage(job.folder).free
    if need + SPARE > free:
        raise PullError(
            f"{job.folder} has {size(free)} free and {size(need)} are to come: make room, or name "
            "another folder with --to"
        )


def _came(staging: Path) -> int:
    """Bytes of files that are not whole yet."""
    return sum(path.stat().st_size for path in staging.glob("*"))


def _right(path: Path, file: RemoteFile) -> bool:
    if file.sha256:
        return manifest.sha256(path) == file.sha256
    return not file.git_hash or manifest.git_hash(path) == file.git_hash


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


def _refuse_another(folder: Path, repo: str) -> None:
    known = manifest.read(folder).repo
    if known and known != repo:
        raise PullError(f"{folder} holds {known}: name another folder with --to")


def _match(voice: str) -> tuple[str, ...]:
    found = _VOICE.fullmatch(voice)
    return found.groups() if found else ()
