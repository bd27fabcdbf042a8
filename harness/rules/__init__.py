"""What every method must keep, ours and a user's: the rules of conformance, and the runs in which they are tried."""
