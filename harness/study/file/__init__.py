"""A study described in a file: `STUDY.toml` becomes runs, or all of its mistakes at once, each with its line."""
