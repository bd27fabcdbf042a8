"""What is asked of a network during a run, beside its spectrum: which samples it has learned, how it responds."""
