"""A certificate as cameras have them."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest


def self_signed(folder: Path) -> ssl.SSLContext:
    """The context of a server whose certificate nobody else has signed."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("without openssl there is no certificate")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    asked = [program, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=camera"]
    asked += ["-out", str(certificate), "-keyout", str(key)]
    subprocess.run(asked, capture_output=True, check=True, timeout=60)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
