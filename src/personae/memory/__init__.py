"""The brain: what a persona remembers between runs, kept in a Markdown file that people read and edit.

place     where a persona's memory lives, and that it never leaves its folder
entry     one remembered thing, and the draft of one
markdown  the file's form: entries out of text, text out of drafts
book      the file read, and added to
recall    what of it fits a question and an allowance (index: the search beneath, scan: without one)
reflect   what a run wants to keep, asked for and judged (alike: whether two notes say the same)
compact   what may go when the file is too long, as a proposal
"""
