"""Fetches official releases and verifies their checksums."""

from __future__ import annotations

import asyncio
import hashlib
import io
import platform
import sys
import tarfile
from pathlib import Path

import aiohttp

from config import files

_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_TIMEOUT = aiohttp.ClientTimeout(total=300, sock_connect=5, sock_read=10)
_LARGEST = 200_000_000


class DownloadError(Exception):
    """The release could not be had. `str()` is one line."""


def machine() -> str:
    """What releases call this machine. Raises DownloadError where there are none for it."""
    found = _MACHINES.get(platform.machine().lower())
    if sys.platform != "linux" or found is None:
        raise DownloadError(f"no release for {sys.platform} on {platform.machine()}")
    return found


async def binary(
    url: str, sums: str, target: Path, *, timeout: aiohttp.ClientTimeout = _TIMEOUT
) -> None:
    """Puts the program of target's name, out of the archive at url, there: all of it or nothing.

    The archive must have the SHA-256 that the release's own list gives for it. Raises
    DownloadError.
    """
    name = url.rpartition("/")[2]
    wanted = _checksum((await fetch(sums, timeout)).decode("utf-8", "replace"), name)
    archive = await fetch(url, timeout)
    if hashlib.sha256(archive).hexdigest() != wanted:
        raise DownloadError(f"{name} has a wrong checksum")
    await asyncio.to_thread(_install, archive, target)


async def fetch(url: str, timeout: aiohttp.ClientTimeout = _TIMEOUT) -> bytes:
    """What lies there, 200 MB at most. Raises DownloadError."""
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
            session.get(url, raise_for_status=True) as response,
        ):
            return await _body(response)
    except TimeoutError:
        raise DownloadError("the server did not answer in time") from None
    except aiohttp.ClientResponseError as error:
        raise DownloadError(f"the server answered {error.status} {error.message}") from None
    except (aiohttp.ClientError, OSError) as error:
        raise DownloadError(f"the connection failed ({type(error).__name__})") from None


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > _LARGEST:
            raise DownloadError("the answer is far too large")
    return bytes(body)


def _checksum(text: str, name: str) -> str:
    for line in text.splitlines():
        words = line.split()
        if len(words) == 2 and words[1].lstrip("*") == name:
            return words[0].lower()
    raise DownloadError(f"the list of checksums does not name {name}")


def _install(archive: bytes, target: Path) -> None:
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
            member = tar.extractfile(target.name)
            if member is None:
                raise KeyError
            files.write(target, member.read(), 0o755)
    except (tarfile.TarError, KeyError, EOFError):
        raise DownloadError(f"the archive holds no {target.name}") from None
    except OSError as error:
        raise DownloadError(f"cannot write {target}: {error.strerror}") from None
