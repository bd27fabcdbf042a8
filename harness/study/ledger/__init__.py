"""The ledger: what is on disk, a file a run, and who is making which run now."""
