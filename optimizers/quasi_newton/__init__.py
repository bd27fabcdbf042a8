"""Quasi-Newton methods: curvature learned from gradients."""
