"""The certificate by which phones reach the page, and what comes by https."""

from __future__ import annotations

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from config.settings import Settings, load_settings
from tests.support.http_api import running
from tests.support.ports import free_ports
from web import certificate

NAMES, ADDRESSES = ["box", "box.local", "a b", "ä"], ["10.0.0.7", "fd00::7"]


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def settings(folder: Path, **values: object) -> Settings:
    keys = {"livekit_api_key": "key", "livekit_api_secret": "x" * 40, "state_dir": str(folder)}
    return load_settings(cli={**keys, **values}, env={}, directory=folder)


def test_it_is_what_phones_want_and_nobody_elses_to_read(tmp_path: Path) -> None:
    path = certificate.kept(tmp_path / "new" / "tls.pem", NAMES, ADDRESSES)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    made = read(path)
    named = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert named.get_values_for_type(x509.DNSName) == ["box", "box.local"]
    shown = {str(one) for one in named.get_values_for_type(x509.IPAddress)}
    assert shown == {*ADDRESSES, "127.0.0.1", "::1"}
    assert made.not_valid_after_utc - made.not_valid_before_utc <= timedelta(days=398)
    usage = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert x509.oid.ExtendedKeyUsageOID.SERVER_AUTH in usage


def test_it_is_kept_for_as_long_as_it_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def number(addresses: list[str]) -> int:
        return read(certificate.kept(tmp_path / "tls.pem", NAMES, addresses)).serial_number

    first = number(ADDRESSES)
    assert number(ADDRESSES) == first
    assert number(ADDRESSES[:1]) == first, "who has accepted it need not do so again"
    second = number([*ADDRESSES, "10.0.0.8"])
    assert second != first
    later = datetime.now(UTC) + certificate.LASTS - certificate.RENEWED
    monkeypatch.setattr(certificate, "datetime", type("_", (), {"now": lambda _: later}))
    third = number(ADDRESSES)
    assert third != second
    (tmp_path / "tls.pem").write_text("garbage")
    assert number(ADDRESSES) != third


def test_one_that_cannot_be_served_is_one_line(tmp_path: Path) -> None:
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("garbage")
    good = certificate.kept(tmp_path / "tls.pem", NAMES, ADDRESSES)
    state = tmp_path / "file"
    state.write_text("")
    for values in (
        {"tls_cert": str(garbage)},
        {"tls_cert": str(good), "tls_key": str(garbage)},
        {"tls_key": str(good)},
        {"state_dir": str(state / "below")},
    ):
        with pytest.raises(certificate.CertificateError) as caught:
            certificate.context(settings(tmp_path, **values))
        assert "\n" not in str(caught.value)
    assert certificate.context(settings(tmp_path, tls_cert=str(good))).get_ca_certs() == []


async def test_by_https_nobody_is_taken_for_this_machine(tmp_path: Path) -> None:
    plain, secure = free_ports(2)
    of = settings(tmp_path, lan=True, web_port=plain, tls_port=secure)
    async with running(of, tmp_path) as session:
        trusted = ssl.create_default_context(cafile=tmp_path / certificate.FILE_NAME)
        for url, status in (
            (f"http://127.0.0.1:{plain}", 200),
            (f"https://127.0.0.1:{secure}", 401),
            (f"https://localhost:{secure}", 401),
        ):
            async with session.get(f"{url}/api/status", ssl=trusted) as answer:
                assert answer.status == status
        async with session.post(f"http://127.0.0.1:{plain}/api/links", json={}) as made:
            link = (await made.json())["url"].partition("?")[2]
        async with session.get(
            f"https://127.0.0.1:{secure}/?{link}", ssl=trusted, allow_redirects=False
        ) as opened:
            cookie = opened.headers["Set-Cookie"]
        assert "Secure" in cookie
        asked = session.post(
            f"https://127.0.0.1:{secure}/api/livekit/token",
            ssl=trusted,
            headers={"Cookie": cookie.partition(";")[0]},
        )
        async with asked as token:
            assert (await token.json())["server_url"] == f"wss://127.0.0.1:{secure}"
