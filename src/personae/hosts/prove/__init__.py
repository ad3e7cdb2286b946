"""`--prove`: the hosts' own loaders read what was compiled, in a folder of ours, and say what they made of it."""
