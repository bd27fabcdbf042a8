"""Evolution strategies: populations drawn from a law that learns."""
