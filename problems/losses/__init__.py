"""Losses: a number from outputs and targets, with its derivatives in the outputs."""
