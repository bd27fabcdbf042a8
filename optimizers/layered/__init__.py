"""Methods that see the matrices inside the flat vector."""
