"""Tools that a model may call, made for one adoption: what it was granted, and nothing else."""
