"""`python -m personae.check.rulebook` prints docs/rules.md."""

from __future__ import annotations

import sys

from personae.check.rulebook import all_rules, as_markdown

if __name__ == "__main__":
    sys.stdout.write(as_markdown(all_rules()))
