"""Plans: made, checked, and run under the personas of their steps."""
