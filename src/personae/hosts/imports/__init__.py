"""Agent files of other tools into our personas: nothing gets wider, and each file has a report of what became of it."""
