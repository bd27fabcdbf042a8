"""This project against what a user would write instead: same work, one core, interleaved rounds. `make bench`."""
