"""`python -m harness`."""

import gc
import sys

from harness.cli import main

COLLECTED = 50_000
"""New objects between two searches for cycles. Importing, and building tables, makes many and leaves few, so that the
usual 700 spend a tenth of the time of a command on looking; the process is ours alone."""

if __name__ == "__main__":
    gc.set_threshold(COLLECTED)
    sys.exit(main())
