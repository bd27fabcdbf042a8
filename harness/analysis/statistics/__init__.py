"""Tests, intervals, effect sizes and verdicts, on arrays of runs."""
