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

_FIRST = """
async (path) => {
  const reader = (await fetch(path)).body.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return value.length;
}
"""


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
    assert [cookie["secure"] for cookie in await page.context.cookies()] == [True]
    for stream in ("events", "mjpeg", "audio-stream"):
        assert await page.evaluate(_FIRST, f"/api/{stream}") > 0
    context = ssl.create_default_context(cadata=authority(compose, "root"))
    port = compose.ports["HTTPS_PORT"]
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=SITE)
    writer.close()
