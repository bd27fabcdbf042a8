"""Probes: what is watched while a network is trained."""
