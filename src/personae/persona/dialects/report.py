"""Faults become diagnostics in a host's words, and together they decide what becomes of the file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from personae.errors import Diagnostic, Severity
from personae.persona.dialects.agent import Fate
from personae.persona.dialects.faults import Fault
from personae.persona.dialects.table import HostTable, Key

__all__ = ["Report"]

_WORST: tuple[Fate, ...] = ("loads", "loads-tolerantly", "skipped", "rejected", "stops-host")


@dataclass(slots=True)
class Report:
    """What was found in one file for one host, so far."""

    file: str
    table: HostTable
    diagnostics: list[Diagnostic] = field(default_factory=list)
    fate: Fate = "loads"

    def worsen(self, fate: Fate) -> None:
        """Record that the host does `fate`, if that is worse than what it did so far."""
        if _WORST.index(fate) > _WORST.index(self.fate):
            self.fate = fate

    def add(
        self,
        rule: str,
        message: str,
        *,
        severity: Severity = "error",
        at: tuple[int, int] = (1, 1),
        path: str = "",
        found: str = "",
        expected: str = "",
        help: str = "",
    ) -> None:
        """Record one finding; `rule` is the end of its id."""
        self.diagnostics.append(
            Diagnostic(
                rule=f"{self.table.id}-{rule}",
                message=message,
                severity=severity,
                file=self.file,
                line=at[0],
                column=at[1],
                field=path,
                found=found,
                expected=expected,
                help=help,
            )
        )

    def breaks(self, rule: str, message: str, *, at: tuple[int, int] = (1, 1), path: str = "", help: str = "") -> None:
        """Record a finding that costs the whole file, or more, at this host."""
        self.worsen(self.table.fault)
        message = f"{message}; {self.table.fault_says}"
        self.add(rule, message, at=at, path=path, help=help)

    def fault(self, key: Key, fault: Fault) -> None:
        """Record what is wrong with the value of `key`."""
        path, value = f"{key.name}{fault.path}", fault.value
        severity: Severity = "error"
        if key.breaks:
            self.worsen(self.table.fault)
            message = f"{fault.message}; {self.table.fault_says}"
        else:
            message = f"{fault.message}; {self.table.title} ignores this key"
            severity = "note" if key.cosmetic else "warning"
        self.add(
            fault.rule,
            message,
            severity=severity,
            at=value.at,
            path=path,
            found=value.text[:80],
            expected=fault.expected,
            help=fault.help,
        )

    def faults(self, key: Key, faults: Iterable[Fault]) -> bool:
        """Record `faults`; return whether there were any."""
        any_found = False
        for fault in faults:
            any_found = True
            self.fault(key, fault)
        return any_found
