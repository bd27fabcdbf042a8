"""Tests run on one thread, as runs do: on a busy machine the numerical libraries' own threads are 50 times slower."""

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
