"""Figures of what is asked of a study beside its order: observers, other choices, another method."""
