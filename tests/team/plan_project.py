"""A project on disk for tests: plan files, logs and a real repository, made on the fly."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from personae.team.merge_order import MergeOrder, merge_order
from personae.team.readiness import Readiness, readiness
from personae.team.situation import Situation
from personae.team.standup import WorkerRow, standup
from personae.team.survey import survey

NOW = datetime(2026, 6, 5, 12, 0, tzinfo=UTC)
YESTERDAY = NOW - timedelta(days=1)


@dataclass(frozen=True)
class PlanProject:
    root: Path

    @property
    def folder(self) -> Path:
        return self.root / ".harness"

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def plan(
        self,
        slug: str,
        *,
        needs: str | None = None,
        touches: str | None = None,
        status: str | None = None,
        tasks: str = "",
        staged: bool = False,
        extra: str = "",
    ) -> Path:
        """Write a plan; `tasks` has one `x` or `.` for each task."""
        head = "".join(
            f"{key}: {value}\n" for key, value in (("depends_on", needs), ("touches", touches)) if value is not None
        )
        lines = [f"---\n{head}{extra}---\n", f"# Plan: {slug}\n\n"]
        if status is not None:
            lines.append(f"**Status:** {status}\n\n")
        lines.append("## Tasks\n\n")
        lines.extend(f"- [{'x' if mark == 'x' else ' '}] task {number}\n" for number, mark in enumerate(tasks, 1))
        name = f"PLAN-{slug}.md" if slug else "PLAN.md"
        return self.write(f"queued-plans/{name}" if staged else name, "".join(lines))

    def log(self, slug: str, *lines: str) -> None:
        self.write(f"progress-{slug}.md" if slug else "progress.md", "\n".join(lines) + "\n")

    def git(self, *arguments: str, at: datetime = YESTERDAY, cwd: Path | None = None) -> str:
        stamp = at.isoformat()
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_DATE": stamp,
            "GIT_COMMITTER_DATE": stamp,
        }
        identity = ("-c", "user.name=Test", "-c", "user.email=test@example.invalid")
        command = ["git", *identity, *arguments]
        where = cwd or self.root
        done = subprocess.run(command, cwd=where, env=environment, capture_output=True, check=False, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def repository(self, branch: str = "main") -> PlanProject:
        self.git("init", "-q", "-b", branch)
        (self.root / ".gitignore").write_text(".harness/\n")
        self.commit("base.txt", "".join(f"line {number}\n" for number in range(50)))
        return self

    def commit(self, name: str, content: str, *, at: datetime = YESTERDAY, cwd: Path | None = None) -> None:
        path = (cwd or self.root) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        self.git("add", "-A", cwd=cwd)
        self.git("commit", "-q", "-m", f"change {name}", at=at, cwd=cwd)

    def branch(self, name: str, *, lines: int, file: str | None = None, at: datetime = YESTERDAY) -> None:
        """Make a branch from where we are, with `lines` added lines, and come back."""
        back = self.git("rev-parse", "--abbrev-ref", "HEAD").strip()
        self.git("checkout", "-q", "-b", name)
        self.commit(file or f"{name.replace('/', '_')}.txt", "new\n" * lines, at=at)
        self.git("checkout", "-q", back)

    def look(
        self, *, now: datetime = NOW, zone: tzinfo = UTC, ask_git: bool = True, base: str | None = None
    ) -> Situation:
        return survey(self.root, now=now, zone=zone, ask_git=ask_git, base=base)

    def standup(self, *, now: datetime = NOW, zone: tzinfo = UTC, ask_git: bool = True) -> dict[str, WorkerRow]:
        return {row.slug: row for row in standup(self.look(now=now, zone=zone, ask_git=ask_git))}

    def ready(self, *, ask_git: bool = False) -> Readiness:
        return readiness(self.look(ask_git=ask_git))

    def order(self, *, ask_git: bool = True) -> MergeOrder:
        return merge_order(self.look(ask_git=ask_git))

    def rules(self) -> list[str]:
        return [item.rule for item in self.look(ask_git=False).diagnostics]
