"""Asks the installed loaders and writes what they proved to tests/hosts/proved.json.

    PERSONAE_HOSTS=DIR python tests/hosts/record_proof.py

The record has names of built-in personas, and only numbers of the corpus.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

from host_samples import built_in, corpus
from test_prove import RECORD

from personae.hosts.compile import compile_outfit
from personae.hosts.prove.programs import PROVABLE, find_program
from personae.hosts.prove.proof import prove


def main() -> None:
    """Ask and write. Every host must be installed."""
    record: dict[str, object] = {}
    for host in PROVABLE:
        program = find_program(host)
        if program is None:
            sys.exit(f"{host} is not installed: scripts/install-hosts.sh DIR {host}")
        own = prove([(one, compile_outfit(one, host)) for one in built_in().values()], program)
        assert not own.findings, own.findings
        collections = {}
        for name, outfits in corpus().items():
            pairs = [(one, compile_outfit(one, host)) for one in outfits]
            proof = prove(pairs, program)
            written = sum(bool(made.artifacts) for _, made in pairs)
            collections[name] = {"personas": len(pairs), "written": written, "proved": len(proof.proved)}
            print(host, name, collections[name], flush=True)
        today = datetime.now(UTC).date().isoformat()
        record[host] = {"version": program.version, "on": today, "built-in": sorted(own.proved), "corpus": collections}
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
