"""The Objective of one run and of a batch: counts, budget, clocks, and reasons to stop."""
