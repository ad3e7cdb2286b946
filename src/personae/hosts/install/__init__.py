"""Compiled files on disk, and kept in step: a lock file says which are ours, and nobody else's are touched."""
