"""Files of the user's data, read as they come; each module takes one kind, and says what it has understood."""
