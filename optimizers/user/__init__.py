"""Methods written for other houses, as they come, made into methods of this one: `recognise.adapt` is the door."""
