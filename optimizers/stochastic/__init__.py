"""Searches by chance, and gradients guessed from values."""
