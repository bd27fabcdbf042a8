"""Who makes which run: jobs of many lanes, what stands by while they run, and what a user sees of it."""
