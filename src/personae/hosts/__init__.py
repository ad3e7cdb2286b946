"""Personas for other agent tools: compiled to their files, with a ledger of what each host keeps of every field."""
