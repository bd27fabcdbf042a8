"""Nonlinear conjugate gradients."""
