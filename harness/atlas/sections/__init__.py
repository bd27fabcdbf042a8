"""Sections of the page of the Atlas, each made of its tables."""
