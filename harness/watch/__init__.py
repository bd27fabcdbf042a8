"""Watching a loop of somebody else's: the same rows as of a run, from predictions that the loop hands over."""
