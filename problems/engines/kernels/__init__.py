"""Compiled loops: what the shallow and the layered evaluator call, and how numba is made to keep them."""
