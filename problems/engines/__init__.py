"""Evaluators: which code turns a problem and a vector into losses and gradients."""
