"""Running: models, journal, ledger, limits, cancel, sub-agents, the durable seam and the two engines."""
