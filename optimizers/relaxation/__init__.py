"""Relaxation: iterations of linear algebra, controls of known order."""
