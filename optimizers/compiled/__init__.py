"""Cores of methods, compiled: between two evaluations of a small network, Python costs more than the network."""
