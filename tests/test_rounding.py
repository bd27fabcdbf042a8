"""What the target has only rounding of is not watched: it is left out in a sentence, or refused where it was named."""

import numpy as np
import pytest

import harness
from harness import Watch, plan, plugins
from harness.run.build import build

LINE = np.arange(64) / 64
PLANE = np.stack(np.meshgrid(LINE[::4], LINE[::4], indexing="ij"), -1).reshape(-1, 2)
WAVE = np.sin(2 * np.pi * LINE)
OWN = """
import numpy as np
from harness import problem

@problem("t-single")
def single():
    x = np.arange(64, dtype=np.float32) / 64
    return x, np.sin(2 * np.pi * x, dtype=np.float32)
"""


def understood(problem, **settings):
    """The frequencies of the first probe, and what is said of those that are left out."""
    planned = plan(problem, "gd", 1, settings={"problem": settings})
    left_out = [said for said in planned.understood if said.startswith("Not watched")]
    return build(planned.specs[0]).probes[0].frequency.round(3).tolist(), left_out


@pytest.mark.parametrize(
    ("target", "samples", "watched", "left_out"),
    [
        ("sin(2*x)+sin(3*x)", 4, [1], "k = 2 is 0 at each of the 4 samples"),
        ("sin(x)+cos(100.5*x)", 201, [1], "k = 100.5 is 0 at each"),
        ("sin(x)+sin(100.5*x)", 201, [1, 100.5], ""),
        ("cos(2*x)+sin(x)", 4, [1, 2], ""),
        ("sin(x)+1e-11*sin(2*x)", 201, [1], "k = 2, of which the target has nothing but rounding"),
        ("sin(x)+1e-9*sin(2*x)", 201, [1, 2], ""),
        ("1e8*(sin(x)+1e-9*sin(2*x))", 201, [1, 2], ""),
    ],
)
def test_a_wave_of_a_formula_is_watched_where_the_samples_have_more_of_it_than_rounding(
    target, samples, watched, left_out
):
    frequencies, said = understood("target", target=target, samples=samples)
    assert frequencies == watched
    assert left_out in "".join(said)
    assert bool(left_out) == bool(said)


@pytest.mark.parametrize("target", ["cos(100.5*x)", "exp(cos(100.5*x))", "sin(201*x)"])
def test_a_formula_of_which_the_samples_see_only_rounding_is_constant(target):
    with pytest.raises(ValueError, match="A target must vary, or there is no frequency to watch"):
        plan("target", "gd", 1, settings={"problem": {"target": target}})


def test_a_frequency_that_is_named_must_be_there_whoever_gives_the_target(tmp_path):
    np.savetxt(tmp_path / "line.csv", np.stack([LINE, WAVE], 1), delimiter=",")
    (tmp_path / "own.py").write_text(OWN)
    plugins.load(tmp_path / "own.py")
    given = [
        ("target", {"target": "sin(x)"}, f"fourier({1 / np.pi})"),
        ("target", {"target": str(tmp_path / "line.csv")}, "fourier(2)"),
        ("t-single", {}, "fourier(2)"),
    ]
    for problem, settings, probe in given:
        assert understood(problem, watch="1", **settings)[0] == [1]
        with pytest.raises(ValueError, match="The target has nothing at k = 2"):
            understood(problem, watch="1,2", **settings)
        with pytest.raises(ValueError, match="The target has nothing of what"):
            plan(problem, "gd", 1, settings={"problem": settings}, probes=probe)
    with pytest.raises(ValueError, match="The target has nothing at k = 2"):
        Watch("own", LINE, WAVE, optimizer="mine", watch=[1, 2], out=tmp_path / "o")


def test_bands_of_a_grid_are_watched_in_the_components_that_have_them(tmp_path):
    targets = np.stack([np.sin(2 * np.pi * PLANE[:, 0]), np.sin(6 * np.pi * PLANE[:, 1])], 1)
    for kind in (np.float64, np.float32):
        np.savez(tmp_path / "two.npz", inputs=PLANE.astype(kind), targets=targets.astype(kind))
        frequencies, said = understood("data", data=str(tmp_path / "two.npz"))
        assert frequencies == [1.207, 3.227]
        assert [line.partition(",")[0] for line in said[1:]] == ["Not watched: k = 2.15738", "Not watched: k = 1.20711"]
        assert all("in component" in line for line in said[1:])
        # also those that are named: components need not have the same ones
        assert understood("data", data=str(tmp_path / "two.npz"), watch="1,3")[0] == [1.207, 3.038]
        with pytest.raises(ValueError, match="The target has nothing at k = 2"):
            understood("data", data=str(tmp_path / "two.npz"), watch="1,2,3")
    with pytest.warns(UserWarning, match=r"k = 2\.15738, 3\.7331, 6\.3991, of which the target has nothing but"):
        found = Watch("own", PLANE, targets[:, :1], optimizer="mine", out=tmp_path / "o")
    rows = found._recorder.spectra(0, "r").frame()
    assert rows.empty


def test_frequencies_of_a_line_are_watched_in_the_components_that_have_them(tmp_path):
    targets = np.stack([WAVE, np.sin(6 * np.pi * LINE)], 1)
    np.savez(tmp_path / "two.npz", inputs=LINE, targets=targets)
    planned = plan("data", "gd", 1, settings={"problem": {"data": str(tmp_path / "two.npz")}}, probes="fourier(1,3)")
    probe = build(planned.specs[0]).probes[-1]
    assert (probe.frequency.tolist(), probe.component.tolist()) == ([1, 3], [0, 1])
    assert probe.target_amplitude.tolist() == pytest.approx([0.5, 0.5])
    with pytest.warns(UserWarning, match="k = 3 in component 0, of which the target has nothing but rounding") as said:
        found = Watch("own", LINE, targets, optimizer="mine", watch=[1, 3], out=tmp_path / "o")
    assert str(said[0].message) == " ".join(found.left_out)
    found(0, lambda: targets)
    found.close()
    assert harness.load(tmp_path / "o").runs["reason"].item().endswith(" ".join(found.left_out))


SCATTERED = np.sort(np.random.default_rng(0).uniform(0, 1, 200))
SPACE = np.random.default_rng(0).uniform(-1, 1, (400, 3))
MANY = np.random.default_rng(1).uniform(-1, 1, (400, 5))


@pytest.mark.parametrize(
    ("inputs", "varying"),
    [
        (LINE, WAVE),
        (SCATTERED, np.sin(10 * np.pi * SCATTERED)),
        (PLANE, np.sin(2 * np.pi * PLANE[:, 0])),
        (SPACE, np.sin(2 * np.pi * SPACE[:, 0])),
        (MANY, np.sin(3 * MANY @ np.ones(5))),
    ],
    ids=["line", "scattered", "plane", "space", "many"],
)
def test_a_component_that_does_not_vary_is_left_out_of_a_watch_in_a_sentence(inputs, varying, tmp_path):
    targets = np.stack([0 * varying, varying, 0 * varying + 2], 1)
    with pytest.warns(UserWarning, match="component 0"):
        found = Watch("own", inputs, targets, optimizer="mine", out=tmp_path / "o")
    found(0, lambda: targets)
    found.close()
    rows = harness.load(tmp_path / "o").spectra
    assert set(rows["component"][rows["frequency"] > 0]) == {1}
    with pytest.raises(ValueError, match=r"must vary|nothing would be watched"):
        Watch("own", inputs, targets[:, [0, 2]], optimizer="mine", out=tmp_path / "p")


def test_what_has_only_rounding_at_all_that_is_watched_is_refused():
    with pytest.raises(ValueError, match=r"nothing but rounding at k = 3.14.*nothing would be watched"):
        plan("heat", "gd", 1, settings={"problem": {"nu": 1e9, "omegas": [1], "amplitudes": [1]}})


@pytest.mark.parametrize("scale", [1e-200, 1e-160])
def test_targets_whose_squares_vanish_are_refused(scale):
    with pytest.raises(ValueError, match="Numbers must reach 1e-150, as their squares are summed"):
        plan("target", "gd", 1, settings={"problem": {"target": f"{scale}*sin(x)"}})
