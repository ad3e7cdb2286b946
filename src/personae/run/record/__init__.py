"""The one record of everything that runs: journal, ledger, runs and inbox, in one database.

`database` is the seam (`sqlite`, `postgres`); `schema` holds the tables; `journal`, `ledger`, `runs` and `inbox` are
verbs on a transaction. A verb is plain and synchronous, so that one text of it serves both databases.
"""
