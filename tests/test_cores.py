"""How many processes there is room for."""

import os

from harness.study.workers.cores import available_cores


def group(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)


def test_a_quota_of_the_container_or_of_any_group_above_bounds_the_cores(tmp_path):
    own = tmp_path / "cgroup"
    own.write_text("0::/a/b\n")
    root = tmp_path / "fs"
    group(root / "a" / "b", cpu__max="max 100000")
    everything = available_cores(root, own)
    assert everything == len(os.sched_getaffinity(0))
    group(root / "a", cpu__max="100000 100000")
    assert available_cores(root, own) == 1
    group(root / "a", cpu__max="9900000 100000")
    assert available_cores(root, own) == everything


def test_the_first_version_of_control_groups_is_known_too(tmp_path):
    group(tmp_path / "cpu", cpu__cfs_quota_us="50000", cpu__cfs_period_us="100000")
    assert available_cores(tmp_path, tmp_path / "none") == 1
    group(tmp_path / "cpu", cpu__cfs_quota_us="-1", cpu__cfs_period_us="100000")
    assert available_cores(tmp_path, tmp_path / "none") == len(os.sched_getaffinity(0))


def test_affinity_counts_and_not_what_was_built_in(tmp_path):
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert available_cores(tmp_path, tmp_path / "none") == 1
    finally:
        os.sched_setaffinity(0, allowed)
