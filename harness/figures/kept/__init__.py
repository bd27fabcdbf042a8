"""Figures of the predictions that a study keeps: curves, pictures, what a filter leaves of them, and a film."""
