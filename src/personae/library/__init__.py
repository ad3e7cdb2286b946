"""Many personas, and what is on offer to them: project file, registry, tiers, opinions, capabilities, skills."""
