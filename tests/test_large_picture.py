"""A colour picture of 768 x 512 and a network of sines of 5 x 128, in minibatches on a CPU."""

import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

MOST = 2_000_000_000
CODE = """
import re, sys
from pathlib import Path
from harness.cli import main
code = main(sys.argv[1:])
# of this program alone: getrusage tells the peak of who has started it, too
print("kilobytes", re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
sys.exit(code)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
def test_a_picture_of_768_by_512_trains_in_minibatches_below_two_gigabytes(tmp_path):
    coarse = np.random.default_rng(0).integers(0, 256, (6, 9, 3), np.uint8)
    Image.fromarray(coarse).resize((768, 512), Image.Resampling.BICUBIC).save(tmp_path / "picture.png")
    words = """run --problem image-rgb --image picture.png --size 768x512 --network siren(128,5) --dtype float32
        --optimizer adam-minibatch --set adam-minibatch.batch=4096 --set adam-minibatch.lr=1e-4
        --budget 1 --marks 2 --out study"""
    done = subprocess.run(
        [sys.executable, "-c", CODE, *shlex.split(words)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.rpartition("kilobytes")[2]) * 1024 < MOST
    run = pd.read_parquet(tmp_path / "study" / "runs.parquet").iloc[0]
    assert (run["status"], run["dim"], run["n_samples"]) == ("budget", 66_819, 393_216)
    assert run["best_loss"] < run["first_loss"]
