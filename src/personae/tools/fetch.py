"""Pages from the web as text. It connects to the very address that it looked at, so a name that changes gains nothing.

No proxy is used: it would resolve the name by itself. No cookies, no keys, nothing of this machine but its address.
"""

from __future__ import annotations

import asyncio
import http.client
import socket
import ssl
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from personae.tools.addresses import why_not
from personae.tools.page import as_plain_text
from personae.tools.say import found
from personae.tools.workspace import Refused

__all__ = ["Connect", "Resolve", "Web", "connect", "fetch_tool", "resolve"]

MOST_BYTES = 1_000_000
MOST_SHOWN = 50_000
MOST_REDIRECTS = 5
MOST_S = 20.0
_LONGEST_URL = 2_000
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_AS_IT_IS = "/%:@!$&'()*+,;=~-._?"
_TEXT = ("text/", "application/json", "application/xml", "application/xhtml+xml", "application/javascript")

Resolve: TypeAlias = Callable[[str, int], Sequence[str]]
"""Every address of a host. Raises `OSError`."""
Connect: TypeAlias = Callable[[str, int, float], socket.socket]
"""Opens a connection to one address and port, within so many seconds. Raises `OSError`."""


def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system."""
    return [str(item[4][0]) for item in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def connect(address: str, port: int, timeout_s: float) -> socket.socket:
    """Connect."""
    return socket.create_connection((address, port), timeout=timeout_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """How the net is reached; tests bring their own."""

    resolve: Resolve = resolve
    connect: Connect = connect
    most_s: float = MOST_S


def fetch_tool(web: Web = Web()) -> Callable[[str], Coroutine[None, None, str]]:
    """Return the tool."""

    async def fetch(url: str) -> str:
        """Fetch a page or a text from a public address.

        Args:
            url: An http or https address.
        """
        call = _Call(web=web, ends=time.monotonic() + web.most_s)
        try:
            async with asyncio.timeout(web.most_s):
                return await asyncio.to_thread(call.follow, url)
        except Refused as refusal:
            return str(refusal)
        except TimeoutError:
            return f"The page did not come within {web.most_s:g} s."
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            return f"The page cannot be fetched: {str(error)[:200] or type(error).__name__}."
        finally:
            call.stop()

    return fetch


@dataclass(slots=True, kw_only=True)
class _Call:
    """One fetch. `stop` may come from another thread at any time."""

    web: Web
    ends: float
    _socket: socket.socket | None = field(default=None)
    _stopped: bool = False

    def stop(self) -> None:
        self._stopped = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def follow(self, url: str) -> str:
        for _ in range(MOST_REDIRECTS + 1):
            parts = _checked(url)
            onward, text = self._get(parts, url)
            if onward is None:
                return text
            target = urljoin(url, onward)
            if parts.scheme == "https" and urlsplit(target).scheme == "http":
                raise Refused(f"{url} is refused: it redirects from https to http.")
            url = target
        raise Refused(f"The address redirects more than {MOST_REDIRECTS} times.")

    def _get(self, parts: SplitResult, url: str) -> tuple[str | None, str]:
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        connection = http.client.HTTPConnection(host, port, timeout=self._left())
        connection.sock = self._connected(host, port, secure=parts.scheme == "https")
        try:
            target = quote(parts.path or "/", safe=_AS_IT_IS)
            query = f"?{quote(parts.query, safe=_AS_IT_IS)}" if parts.query else ""
            headers = {"User-Agent": "personae", "Accept": "text/*, application/json", "Accept-Encoding": "identity"}
            connection.request("GET", target + query, headers={**headers, "Connection": "close"})
            response = connection.getresponse()
            if response.status in _REDIRECTS and (onward := response.getheader("Location")):
                return onward, ""
            return None, self._told(response, url)
        finally:
            connection.close()

    def _connected(self, host: str, port: int, *, secure: bool) -> socket.socket:
        """Return a connection to an address of `host` that was looked at; one bad address spoils them all."""
        addresses = list(dict.fromkeys(self.web.resolve(host, port)))
        for address in addresses:
            if reason := why_not(address):
                raise Refused(f"{host} is refused: its address {address} cannot be fetched from, {reason}.")
        failure: OSError = OSError("the name has no address")
        for address in addresses:
            try:
                plain = self.web.connect(address, port, self._left())
            except OSError as error:
                failure = error
                continue
            self._socket = plain
            if self._stopped:
                plain.close()
                raise Refused("The fetch was stopped.")
            plain.settimeout(self._left())
            if not secure:
                return plain
            try:
                self._socket = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
            except BaseException:
                plain.close()
                raise
            return self._socket
        raise failure

    def _told(self, response: http.client.HTTPResponse, url: str) -> str:
        kind = (response.getheader("Content-Type") or "text/plain").partition(";")[0].strip().lower()
        if not (kind.startswith(_TEXT) or kind.endswith(("+json", "+xml"))):
            raise Refused(f"{url} is not text, it is {kind[:80]}.")
        if (response.getheader("Content-Encoding") or "identity").lower() != "identity":
            raise Refused(f"{url} is refused: it comes packed, though it was asked for plain.")
        data = b""
        while len(data) <= MOST_BYTES and (piece := response.read1(65_536)):
            data += piece
            self._left()
        charset = response.headers.get_content_charset() or "utf-8"
        text = _decoded(data[:MOST_BYTES], charset)
        if "html" in kind:
            text = as_plain_text(text)
        cut = len(data) > MOST_BYTES or len(text) > MOST_SHOWN
        told = found("fetch", text[:MOST_SHOWN] or "(empty)", url=url, status=str(response.status))
        return f"{told}\nThere is more; it was cut." if cut else told

    def _left(self) -> float:
        left = self.ends - time.monotonic()
        if left <= 0 or self._stopped:
            raise TimeoutError
        return left


def _checked(url: str) -> SplitResult:
    if len(url) > _LONGEST_URL or any(character <= " " or character == "\x7f" for character in url):
        raise Refused(f"An address has at most {_LONGEST_URL:,} characters and no space in it.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused(f"{url} is not an address.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused(f"{url} is refused: only http and https addresses are fetched.")
    if parts.username is not None or parts.password is not None:
        raise Refused("The address is refused: it has a name or a password in it.")
    if port is not None and port < 1024 and port not in (80, 443):
        raise Refused(f"{url} is refused: port {port} is not one of the web.")
    return parts


def _decoded(data: bytes, charset: str) -> str:
    try:
        return data.decode(charset, "replace")
    except LookupError:
        return data.decode("utf-8", "replace")
