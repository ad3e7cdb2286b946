"""The gate: rules that need many files, model tables or host tables; what it prints; the language server."""
