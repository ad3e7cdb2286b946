"""Fetch: inner addresses are refused whatever they are called, and the address looked at is the one that is used."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from personae.tools.addresses import why_not
from personae.tools.fetch import Web, fetch_tool, resolve
from personae.tools.page import as_plain_text

PUBLIC = "93.184.215.14"
Respond = Callable[[BaseHTTPRequestHandler], None]


def answer(text: str | bytes = "hello", kind: str = "text/plain", status: int = 200, **headers: str) -> Respond:
    def respond(handler: BaseHTTPRequestHandler) -> None:
        body = text.encode() if isinstance(text, str) else text
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return respond


@contextmanager
def serving(respond: Respond) -> Iterator[tuple[int, list[str]]]:
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(f"{self.headers['Host']} {self.path}")
            with suppress(OSError):  # of a fetch that has gone
                respond(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1], seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def get(url: str, *, port: int = 0, names: dict[str, Sequence[str]] | None = None, most_s: float = 5) -> str:
    """Fetch where every public address leads to a server of ours, and only those."""

    def connect(address: str, wanted: int, timeout_s: float) -> socket.socket:
        assert address == PUBLIC, address
        return socket.create_connection(("127.0.0.1", port), timeout=timeout_s)

    def look_up(host: str, wanted: int) -> Sequence[str]:
        return (names or {}).get(host) or (resolve(host, wanted) if host[0].isdigit() or ":" in host else [PUBLIC])

    return asyncio.run(fetch_tool(Web(resolve=look_up, connect=connect, most_s=most_s))(url))


def test_a_page_comes_as_text_in_a_frame() -> None:
    page = "<head><title>x</title></head><body><h1>Pump</h1><p>It&nbsp;runs. <script>evil()</script></tool></p></body>"
    with serving(answer(page, "text/html; charset=utf-8")) as (port, seen):
        told = get("http://site.test/a b".replace(" ", "%20") + "?q=ü", port=port)
    assert told == '<tool name="fetch" url="http://site.test/a%20b?q=ü" status="200">\nPump\n\nIt runs.\n</tool>'
    assert seen == ["site.test /a%20b?q=%C3%BC"]


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.8.8.8", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0.0.0.0", "0", "[::1]", "[::]"),
        *("10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "100.100.100.200", "198.18.0.1", "192.0.0.192"),
        *("169.254.169.254", "168.63.129.16", "[fe80::1]", "[fd00:ec2::254]", "[fc00::1]", "224.0.0.1", "[ff02::1]"),
        *("[::ffff:127.0.0.1]", "[::ffff:a9fe:a9fe]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::127.0.0.1]"),
        *("255.255.255.255", "240.0.0.1"),
    ],
)
def test_an_inner_address_is_refused_in_every_spelling(host: str) -> None:
    told = get(f"http://{host}:8080/")
    assert (
        "is refused: its address" in told or told == "The page cannot be fetched: [Errno -2] Name or service not known."
    )
    assert "<tool" not in told


def test_a_server_on_this_machine_is_not_asked() -> None:
    with serving(answer("SECRET")) as (port, seen):
        told = asyncio.run(fetch_tool()(f"http://localhost:{port}/"))
    assert "cannot be fetched from, it is this machine." in told
    assert seen == []


def test_one_inner_address_among_many_spoils_them_all() -> None:
    told = get("http://site.test/", names={"site.test": [PUBLIC, "10.0.0.1"]})
    assert told == ("site.test is refused: its address 10.0.0.1 cannot be fetched from, it is in a private network.")


def test_a_name_that_changes_between_look_and_use_gains_nothing() -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return [PUBLIC] if len(asked) == 1 else ["127.0.0.1"]

    used: list[str] = []

    def connect(address: str, port: int, timeout_s: float) -> socket.socket:
        used.append(address)
        raise ConnectionRefusedError("no")

    asyncio.run(fetch_tool(Web(resolve=rebinding, connect=connect))("http://site.test/"))
    assert (asked, used) == (["site.test"], [PUBLIC])


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        (
            "http://inner.test/",
            "inner.test is refused: its address 10.0.0.1 cannot be fetched from, it is in a private network.",
        ),
        (
            "http://127.0.0.1/",
            "127.0.0.1 is refused: its address 127.0.0.1 cannot be fetched from, it is this machine.",
        ),
        ("file:///etc/passwd", "file:///etc/passwd is refused: only http and https addresses are fetched."),
        ("gopher://x/", "gopher://x/ is refused: only http and https addresses are fetched."),
        ("/again", "The address redirects more than 5 times."),
        ("http://a:b@site.test/", "The address is refused: it has a name or a password in it."),
    ],
)
def test_every_redirect_is_checked_again(target: str, sentence: str) -> None:
    with serving(answer(status=302, Location=target)) as (port, _):
        assert get("http://site.test/", port=port, names={"inner.test": ["10.0.0.1"]}) == sentence


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("ftp://site.test/", "ftp://site.test/ is refused: only http and https addresses are fetched."),
        ("site.test", "site.test is refused: only http and https addresses are fetched."),
        ("http://user@site.test/", "The address is refused: it has a name or a password in it."),
        ("http://site.test:22/", "http://site.test:22/ is refused: port 22 is not one of the web."),
        ("http://site.test:x/", "http://site.test:x/ is not an address."),
        ("http://site.test/\r\nX: y", "An address has at most 2,000 characters and no space in it."),
        ("http://site.test/" + "a" * 2000, "An address has at most 2,000 characters and no space in it."),
    ],
)
def test_what_is_no_address_of_the_web_is_refused(url: str, sentence: str) -> None:
    assert get(url) == sentence


def test_what_is_not_text_or_comes_packed_is_refused() -> None:
    with serving(answer(b"\x89PNG", "image/png")) as (port, _):
        assert get("http://site.test/", port=port) == "http://site.test/ is not text, it is image/png."
    with serving(answer(b"\x1f\x8b", Content_Encoding="gzip")) as (port, _):
        assert "comes packed" in get("http://site.test/", port=port)


def test_a_page_without_end_is_cut() -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        answer("x" * 100)(handler)
        while True:
            handler.wfile.write(b"x" * 100_000)

    with serving(endless) as (port, _):
        told = get("http://site.test/", port=port)
    assert told.endswith("There is more; it was cut.")
    assert len(told) < 51_000


def test_a_server_that_drips_is_left() -> None:
    def drips(handler: BaseHTTPRequestHandler) -> None:
        for _ in range(100):
            handler.wfile.write(b"H")
            time.sleep(0.05)

    with serving(drips) as (port, _):
        began = time.monotonic()
        assert get("http://site.test/", port=port, most_s=0.5) == "The page did not come within 0.5 s."
        assert time.monotonic() - began < 3


def test_public_addresses_are_fine() -> None:
    assert [why_not(address) for address in (PUBLIC, "1.1.1.1", "2606:4700::1111")] == ["", "", ""]


def test_a_page_with_a_head_that_never_closes_is_read() -> None:
    assert as_plain_text("<head><style>x</style><body>Seen<ul><li>one<li>two</ul>") == "Seen\n\none\ntwo"
