"""The page by a name of its own, through Caddy, which has a certificate of its own CA for it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.browser.conftest import OpenPage
from tests.browser.senses import start, wait_until_heard, wait_until_it_plays
from tests.containers.stack import SITE, Compose

pytestmark = pytest.mark.timeout(600)


def authority(compose: Compose, name: str) -> str:
    """A certificate of Caddy's CA, `root` or `intermediate`, once the page has one of it."""
    page = f"/data/caddy/certificates/local/{SITE}/{SITE}.crt"
    wait = f"until [ -e {page} ]; do sleep 0.2; done"
    found = f"cat /data/caddy/pki/authorities/local/{name}.crt"
    return compose("exec", "-T", "caddy", "timeout", "60", "sh", "-c", f"{wait}; {found}")


@pytest.fixture
def camera_flags(compose: Compose) -> list[str]:
    """Chromium trusts that CA, and knows the name."""
    compose("--profile", "tls", "up", "-d", "--no-build")
    found = x509.load_pem_x509_certificate(authority(compose, "intermediate").encode())
    key = found.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    trusted = base64.b64encode(hashlib.sha256(key).digest()).decode()
    ports = {80: compose.ports["HTTP_PORT"], 443: compose.ports["HTTPS_PORT"]}
    names = ", ".join(f"MAP {SITE}:{port} 127.0.0.1:{ports[port]}" for port in ports)
    return [f"--ignore-certificate-errors-spki-list={trusted}", f"--host-resolver-rules={names}"]


async def test_the_page_by_its_name(open_page: OpenPage, compose: Compose) -> None:
    await compose.until("health", bool)
    words = ("python", "-m", "web", "link", "--page", f"http://{SITE}")
    page = await open_page(compose("exec", "-T", "web", *words).strip())
    page.set_default_timeout(90_000)
    assert page.url.startswith(f"https://{SITE}/")
    async with page.expect_websocket() as signalling:
        await start(page)
    assert (await signalling.value).url.startswith(f"wss://{SITE}/rtc")
    await wait_until_it_plays(page)
    await wait_until_heard(page)
    (cookie,) = await page.context.cookies()
    assert cookie["secure"]
    trusting = ssl.create_default_context(cadata=authority(compose, "root"))
    port = int(compose.ports["HTTPS_PORT"])
    ours = f"Host: {SITE}\r\nCookie: {cookie['name']}={cookie['value']}\r\n\r\n"
    for stream in ("events", "mjpeg", "audio-stream"):
        head = first = b""
        async with asyncio.timeout(60):
            while b" 200 " not in head:  # 503 where the picture is not there yet
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", port, ssl=trusting, server_hostname=SITE
                )
                writer.write(f"GET /api/{stream} HTTP/1.1\r\n{ours}".encode())
                head, first = await reader.readuntil(b"\r\n\r\n"), await reader.read(1)
                writer.close()
        assert first
