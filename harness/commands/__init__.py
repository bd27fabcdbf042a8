"""What each word of the command line does. A module is loaded when its word is said, so that `--help` stays fast."""
