"""Processes of our own that make runs, and whose death costs what they held and nothing else."""
