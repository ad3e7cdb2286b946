"""Standing personas: heartbeats and their ledger, proposals, budgets, and the process that serves them.

`calendar`, `heartbeats` and `timer` say what is due, and are pure; `table` is the ledger of beats; `beat` does one;
`serve` is the process; `proposals`, `dispatch` and `approvals` are what leads want started.
"""
