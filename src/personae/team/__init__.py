"""What several workers are doing, computed from their plan files and git. It never writes, runs or merges.

locate ─▶ read (frontmatter, tasks, progress) ─▶ graph ─┬▶ situation ─▶ standup, readiness, merge_order ─▶ report
git ─▶ evidence ───────┘                  └▶ globs, overlap, independent
"""
