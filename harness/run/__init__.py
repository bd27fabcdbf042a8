"""One run: its specification, the meter that counts and stops it, what is measured, and the rows it becomes."""
