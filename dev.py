#!/usr/bin/env python3
"""Sets everything up and does one thing. Needs Python 3.11 or newer with venv, nothing else.

    python3 dev.py demo     the main job: three personas read a report and write a plan of action, without any key
    python3 dev.py test     format, lint, types and every test: what CI runs
    python3 dev.py setup    only the set-up, into .venv

On Debian and Ubuntu a missing system library (libgomp1, 100 kB) is installed with apt-get, with sudo where you are not
root. Weights of the embedded model are fetched once into the user cache: 491 MB for demo, 98 MB for test.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
STAMP = VENV / "set-up-for"
GOAL = "Read the inspection report, weigh what is urgent, and turn it into a plan of action for the harbor board."


def main() -> int:
    """Do what the command line says; return an exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036  the version that says so must run here
        return _fail(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: try python3.12 dev.py")
    tasks = {"demo": demo, "test": test, "setup": setup}
    name = sys.argv[1] if len(sys.argv) == 2 else ""
    if name not in tasks:
        print(__doc__, file=sys.stderr)
        return 0 if name in ("-h", "--help", "help") else 2
    try:
        return tasks[name]()
    except subprocess.CalledProcessError as error:
        command = " ".join(map(str, error.cmd))
        return _fail(f"this failed with code {error.returncode}: {command}")
    except KeyboardInterrupt:
        return _fail("stopped", code=130)


def setup() -> int:
    """Make .venv and install the project into it, once per state of pyproject.toml."""
    state = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + sys.version.encode()).hexdigest()
    if not STAMP.exists() or STAMP.read_text() != state:
        _say("setting up .venv")
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
        except subprocess.CalledProcessError:
            return _fail("this Python has no venv: on Debian and Ubuntu, apt-get install python3-venv")
        pip = [str(BIN / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--upgrade", "pip>=25.1"], check=True)
        subprocess.run(
            [*pip, "--editable", f"{ROOT}[embedded,fleet,otel]", "--group", f"{ROOT / 'pyproject.toml'}:dev"],
            check=True,
        )
        STAMP.write_text(state)
    return _openmp()


def demo() -> int:
    """Run the main job on a real example, on the embedded model."""
    if code := setup():
        return code
    report = ROOT / "examples" / "harbor" / "report.md"
    command = [str(BIN / "personae"), "run", GOAL, "--with", str(report), "--model", "embedded:qwen2.5-coder-0.5b"]
    _say(f'personae run "{GOAL}" --with {report.relative_to(ROOT)}')
    return subprocess.run(command, cwd=ROOT).returncode


def test() -> int:
    """Run everything that CI runs."""
    if code := setup():
        return code
    python = str(BIN / "python")
    for command in (
        ["-m", "ruff", "format", "--check", "--quiet", "."],
        ["-m", "ruff", "check", "--quiet", "."],
        ["-m", "mypy"],
        ["-m", "pytest", "-n", "2"],
    ):
        _say("python " + " ".join(command))
        subprocess.run([python, *command], cwd=ROOT, check=True)
    return 0


def _openmp() -> int:
    """The embedded engine needs the GNU OpenMP runtime, which slim Linux systems lack."""
    if sys.platform != "linux" or _loads("libgomp.so.1"):
        return 0
    apt = shutil.which("apt-get")
    if apt is None:
        return _fail("libgomp.so.1 is missing: install your system's package of the GNU OpenMP runtime")
    as_root = [] if os.geteuid() == 0 else ["sudo"]
    _say("apt-get install libgomp1")
    subprocess.run([*as_root, apt, "update", "-qq"], check=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([*as_root, apt, "install", "-y", "-qq", "libgomp1"], check=True, env=quiet)
    return 0


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _say(text: str) -> None:
    print(f"» {text}", file=sys.stderr, flush=True)


def _fail(text: str, *, code: int = 1) -> int:
    print(f"dev.py: {text}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
