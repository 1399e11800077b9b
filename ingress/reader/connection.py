"""Connections to addresses that were resolved and checked once, with TLS as cameras have it."""

from __future__ import annotations

import socket
import ssl
import time
from functools import cache

from ingress.reader.egress_policy import EgressPolicy, is_public, resolve, shown
from ingress.reader.failures import SourceFailure

CONNECT_TIMEOUT = 5.0
"""Seconds for a connection, and as many for TLS on it."""


def connect(
    host: str, port: int, policy: EgressPolicy | None, timeout: float = CONNECT_TIMEOUT
) -> socket.socket:
    """A connection to a host that is resolved and checked here, once; to the first of its addresses
    that answers. Raises SourceFailure.
    """
    addresses = policy.check(host) if policy is not None else resolve(host)
    ends = time.monotonic() + timeout
    refused = timed_out = False
    for number, address in enumerate(addresses):
        # A share of what is left, so that a dead first address does not use up all of it.
        share = max(0.2, (ends - time.monotonic()) / (len(addresses) - number))
        try:
            connected = socket.create_connection((address, port), share)
        except TimeoutError:
            timed_out = True
        except ConnectionRefusedError:
            refused = True
        except OSError:
            continue
        else:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connected
    place = f"{shown(host)}, port {port}"
    if refused:
        raise SourceFailure("refused", f"nobody listens at {place}")
    if timed_out:
        raise SourceFailure("unreachable", f"no answer to a connection to {place}")
    raise SourceFailure("unreachable", f"there is no way to {place}")


def start_tls(
    connected: socket.socket, host: str, timeout: float = CONNECT_TIMEOUT, *, verify: bool = True
) -> ssl.SSLSocket:
    """TLS on a connection to `host`; closes it and raises SourceFailure where that fails.

    Certificates are verified on public addresses only: cameras in private networks have self-signed
    ones, and FFmpeg does not verify either.
    """
    try:
        public = verify and is_public(connected.getpeername()[0])
        context = _verifying() if public else _trusting()
        context.set_alpn_protocols(["http/1.1"])
        connected.settimeout(timeout)
        return context.wrap_socket(connected, server_hostname=host.partition("%")[0])
    except ssl.SSLCertVerificationError:
        failure = SourceFailure(
            "protocol", f"the certificate of {shown(host)} is not trusted: self-signed or expired"
        )
    except TimeoutError:
        failure = SourceFailure("no_answer", f"{shown(host)} does not answer in TLS")
    except (OSError, ValueError):
        failure = SourceFailure("protocol", f"no TLS connection with {shown(host)} comes about")
    connected.close()
    raise failure from None


@cache
def _verifying() -> ssl.SSLContext:
    import httpcore2  # 20 MB, and most cameras need none of it

    return httpcore2.default_ssl_context()


@cache
def _trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")  # old cameras
    return context
