"""What may be added over the API: not every address is for everybody."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from config.settings import Settings
from config.source_address import SourceAddress
from config.source_spec import SourceSpec, SpecError

_NETWORK = ("rtsp", "http", "srt", "rtmp", "udp")


def admitted(spec: SourceSpec, settings: Settings, *, from_page: bool) -> SourceSpec:
    """The spec with its room filled in and the path of a file resolved. Raises SpecError.

    Files must lie under MEDIA_DIR, wherever they come from; a relative path counts from there. The
    page may add addresses in the network and files only, and only through the relay, which checks
    where an address leads.
    """
    update: dict[str, object] = {"room": spec.room or settings.room}
    if from_page and spec.via != "relay":
        raise SpecError("from the page a source goes through the relay only", "via", spec.via)
    if spec.address.kind == "push" and spec.via != "relay":
        raise SpecError("a push to LiveKit Ingress is made by `python -m ingress create`", "via")
    for field, address in (("url", spec.address), ("model_url", spec.model_address)):
        if address is None:
            continue
        if from_page and address.kind not in (*_NETWORK, "file", "sdp"):
            said = "from the page only network addresses and files may be added"
            raise SpecError(said, field, address.safe)
        if address.is_path:
            update[field] = SecretStr(_media_file(field, address, settings.media_dir))
    return spec.model_copy(update=update)


def _media_file(field: str, address: SourceAddress, folder: Path) -> str:
    try:
        path = (folder / address.url).resolve()
        inside = path.is_relative_to(folder.resolve())
        there = inside and path.is_file()
    except (OSError, RuntimeError, ValueError):
        inside = there = False
    if not inside:
        raise SpecError(
            f"a file must lie in MEDIA_DIR={folder}; {address} does not", field, address.safe
        )
    if not there:
        raise SpecError(f"{address} is no file in MEDIA_DIR={folder}", field, address.safe)
    return str(path)
