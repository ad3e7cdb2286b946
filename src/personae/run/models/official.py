"""Fetching weights from the model's official address, resumed with Range. A hub out of reach costs seconds."""

from __future__ import annotations

import http.client
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import IO
from urllib.parse import urlsplit

from personae.run.models.catalog import Weights
from personae.run.models.partfile import PartFile

__all__ = ["CONNECT_TIMEOUT_S", "HUB", "SourceError", "address", "fetch_official"]

HUB = "https://huggingface.co"
"""HF_ENDPOINT, the hub client's own variable for a mirror, replaces it."""

CONNECT_TIMEOUT_S = 3.0
_READ_TIMEOUT_S = 20.0
_MOST_BREAKS = 3
_CHUNK_BYTES = 1 << 18


class SourceError(Exception):
    """A source cannot deliver; the next one is tried. `str()` is the reason, for the sentence at the end."""


def address(weights: Weights, env: Mapping[str, str]) -> str:
    """Return the official address of a file of weights."""
    hub = (env.get("HF_ENDPOINT") or HUB).rstrip("/")
    return f"{hub}/{weights.repository}/resolve/{weights.revision}/{weights.filename}"


def fetch_official(weights: Weights, part: PartFile, *, env: Mapping[str, str], tell: Callable[[int], None]) -> None:
    """Grow `part` to its full size from the official address, or raise `SourceError`."""
    url = address(weights, env)
    _check_reachable(url)
    breaks = 0
    while part.size_bytes < weights.size_bytes:
        before = part.size_bytes
        try:
            _append(url, part, weights=weights, tell=tell)
        except (OSError, http.client.HTTPException) as error:
            breaks = breaks + 1 if part.size_bytes == before else 1
            if breaks >= _MOST_BREAKS or isinstance(error, urllib.error.HTTPError):
                raise SourceError(_reason(error)) from error


def _append(url: str, part: PartFile, *, weights: Weights, tell: Callable[[int], None]) -> None:
    start = part.size_bytes
    request = urllib.request.Request(url, headers={"User-Agent": "personae"})
    if start:
        request.add_header("Range", f"bytes={start}-")
    with urllib.request.urlopen(request, timeout=_READ_TIMEOUT_S) as reply:
        resumed = reply.status == http.client.PARTIAL_CONTENT
        _check_size(reply.headers.get("Content-Length"), expected=weights.size_bytes - (start if resumed else 0))
        if not resumed:
            part.cut(0)
        _copy(reply, part, most=weights.size_bytes, tell=tell)


def _copy(reply: IO[bytes], part: PartFile, *, most: int, tell: Callable[[int], None]) -> None:
    done = part.size_bytes
    with part.growing() as write:
        while done < most and (chunk := reply.read(min(_CHUNK_BYTES, most - done))):
            write(chunk)
            done += len(chunk)
            tell(done)
    if done < most:
        raise ConnectionError(f"broken off at {done:,} of {most:,} bytes")


def _check_size(length: str | None, *, expected: int) -> None:
    """Refuse a sign-in page or another file before anything of it is kept."""
    if length is not None and length.isdigit() and int(length) != expected:
        raise SourceError(f"offers {int(length):,} bytes where {expected:,} are expected")


def _check_reachable(url: str) -> None:
    """Fail in seconds where the host (or the proxy before it) cannot be had; the resolver has no timeout of its own."""
    target = urlsplit(_proxy_for(url) or url)
    host = target.hostname or ""
    port = target.port or (443 if target.scheme == "https" else 80)
    failure: list[Exception | None] = []

    def connect() -> None:
        try:
            socket.create_connection((host, port), timeout=CONNECT_TIMEOUT_S).close()
        except (OSError, UnicodeError) as error:
            failure.append(error)
        else:
            failure.append(None)

    thread = threading.Thread(target=connect, name="personae-reach", daemon=True)
    thread.start()
    thread.join(CONNECT_TIMEOUT_S)
    if not failure:
        raise SourceError(f"{host} cannot be reached within {CONNECT_TIMEOUT_S:.0f} s")
    if failure[0] is not None:
        raise SourceError(f"{host} cannot be reached ({_reason(failure[0])})")


def _proxy_for(url: str) -> str | None:
    parts = urlsplit(url)
    if urllib.request.proxy_bypass(parts.hostname or ""):
        return None
    proxy = urllib.request.getproxies().get(parts.scheme)
    return proxy if proxy is None or "//" in proxy else f"//{proxy}"


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"it answered {error.code} {error.reason}"
    if isinstance(error, urllib.error.URLError):
        inner = error.reason
        return _reason(inner) if isinstance(inner, Exception) else str(inner)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
