"""A private PostgreSQL for tests and benchmarks: a fresh cluster on a socket of its own, gone at the end.

Nobody else can reach it: it listens on no port, and its folder belongs to the user it runs as. PostgreSQL refuses to
run as root, so root starts it as the user `postgres`, whom its package makes.
"""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4


class NoPostgresError(Exception):
    """It is not installed here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    folder: Path
    user: str
    bin: Path

    def new_database(self) -> str:
        """Make an empty database; return its URL."""
        name = f"test_{uuid4().hex[:12]}"
        self.run("createdb", "-h", str(self.folder), name)
        return f"postgresql://{self.user}@/{name}?host={self.folder}"

    def collation(self) -> list[str]:
        """Return what `initdb` is told, so that texts sort as they do on most servers: not byte by byte."""
        help = subprocess.run([self.bin / "initdb", "--help"], capture_output=True, text=True, check=True).stdout
        icu = ["--locale-provider=icu", "--icu-locale=en"] if "--icu-locale" in help else []
        return ["--locale=C.UTF-8", *icu]

    def restart(self) -> None:
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-m", "fast", "-w", "-s", "restart")

    def run(self, program: str, *arguments: str) -> None:
        # Not into a pipe: the server inherits what its starter has, and a pipe would stay open as long as it runs.
        with (self.folder / "log").open("ab") as log:
            command = [str(self.bin / program), *arguments]
            subprocess.run(command, check=True, stdout=log, stderr=log, stdin=subprocess.DEVNULL, **self._as_user())

    def _as_user(self) -> dict[str, Any]:
        return _as_user(self.user) | {"cwd": self.folder}


def find_binaries() -> Path:
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not versions:
        raise NoPostgresError("no initdb here: apt-get install postgresql")
    return versions[-1].parent


@contextmanager
def postgres_server(*, safe: bool = False) -> Iterator[Server]:
    """Start one. `safe` keeps it as durable as it comes, which costs a test time that it has no use for."""
    folder = Path(tempfile.mkdtemp(prefix="personae-pg-", dir="/tmp"))
    user = "postgres" if os.geteuid() == 0 else getpass.getuser()
    try:
        server = Server(folder=folder, user=user, bin=find_binaries())
        if os.geteuid() == 0:
            try:
                shutil.chown(folder, user, user)
            except LookupError:
                raise NoPostgresError("root cannot run PostgreSQL, and there is no user postgres") from None
        data = str(folder / "data")
        server.run("initdb", "-D", data, "-U", user, "-A", "trust", "-E", "UTF8", *server.collation(), "-N")
        quick = "" if safe else "-c fsync=off -c full_page_writes=off"
        options = f"-k {folder} -c listen_addresses='' -c max_connections=200 {quick}"
        server.run("pg_ctl", "-D", data, "-l", str(folder / "server.log"), "-w", "-s", "-o", options, "start")
        try:
            yield server
        finally:
            server.run("pg_ctl", "-D", data, "-m", "immediate", "-w", "-s", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as_user(user: str) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    return {"user": user, "group": user, "extra_groups": []}
