"""Particle swarms, our own and the libraries'."""
