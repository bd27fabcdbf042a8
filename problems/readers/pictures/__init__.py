"""Pictures of the user: pixels of every mode and depth."""
