"""The certificate of the page by https: one's own, or one that is made for this machine and kept.

Phones want what browsers want: P-256, names and addresses in subjectAltName, serverAuth, and no
more than 398 days.
"""

from __future__ import annotations

import ipaddress
import re
import ssl
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from config import files
from config.own_address import own_addresses, own_names, parsed
from config.settings import Settings

FILE_NAME = "page-tls.pem"
"""In STATE_DIR: key and certificate."""

LASTS, RENEWED = timedelta(days=396), timedelta(days=30)
"""How long it is good, and how long before its end another one is made."""

_EARLIER = timedelta(days=1)
"""It begins before now: clocks of phones differ."""

_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")


class CertificateError(Exception):
    """There is no certificate to serve. `str()` is one line."""


def context(settings: Settings) -> ssl.SSLContext:
    """For the server. File work of some milliseconds. Raises CertificateError."""
    if settings.tls_key and not settings.tls_cert:
        raise CertificateError("TLS_KEY needs the TLS_CERT that it belongs to")
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    if settings.tls_cert:
        path, key = Path(settings.tls_cert), settings.tls_key or None
    else:
        names = (*own_names(), "localhost", *settings.web_names)
        path, key = kept(settings.state_dir / FILE_NAME, names, own_addresses()), None
    try:
        made.load_cert_chain(path, key, password="")  # or it would ask in the terminal for one
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "certificate and key (unencrypted) are wanted"
        said = f"{path}, {key}" if key else str(path)
        raise CertificateError(f"TLS_CERT, TLS_KEY: {said}: {reason}") from None
    return made


def kept(path: Path, names: Iterable[str], addresses: Iterable[str]) -> Path:
    """Makes the file (0600) anew unless it is good for all of these. Raises CertificateError."""
    wanted = _subjects([*names, *addresses, "127.0.0.1", "::1"])
    now = datetime.now(UTC)
    try:
        if not _is_good(path, wanted, now):
            files.write(path, _made(wanted, now))
    except OSError as error:
        raise CertificateError(f"cannot keep {path}: {error.strerror}") from None
    return path


def _subjects(names: Iterable[str]) -> list[x509.GeneralName]:
    found: dict[x509.GeneralName, None] = {}
    for name in names:
        address = parsed(name)
        if address is not None:
            found[x509.IPAddress(ipaddress.ip_address(str(address)))] = None
        elif _NAME.fullmatch(name):
            found[x509.DNSName(name)] = None
    return list(found)


def _is_good(path: Path, wanted: list[x509.GeneralName], now: datetime) -> bool:
    try:
        data = path.read_bytes()
        there = x509.load_pem_x509_certificate(data)
        serialization.load_pem_private_key(data, None)
        named = there.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (FileNotFoundError, ValueError, x509.ExtensionNotFound):
        return False
    return set(wanted) <= set(named) and now + RENEWED < there.not_valid_after_utc


def _made(subjects: list[x509.GeneralName], now: datetime) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Pressbox")])
    begins = now - _EARLIER
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + LASTS)
        .add_extension(x509.SubjectAlternativeName(subjects), critical=False)
        .add_extension(usage, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return (private + certificate.public_bytes(serialization.Encoding.PEM)).decode()
