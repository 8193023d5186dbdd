"""Each example runs, draws a picture that is not blank, and prints figures that can be true."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from linsub.errors import MissingExtraError

pytest.importorskip("matplotlib")

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("plot_*.py"))
NUMBER = r"([-+\d.]+(?:e[-+]?\d+)?)"
# Examples promise 10 s. A busy machine may take longer without that being a defect.
SECONDS = 10
PATIENCE = 12 * SECONDS


def run_example(path, *arguments):
    # The checkout comes last, so that an installed linsub or one on the path is preferred.
    places = [*os.environ.get("PYTHONPATH", "").split(os.pathsep), str(ROOT)]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(place for place in places if place),
        "MPLBACKEND": "Agg",
        "PYTHONIOENCODING": "utf-8",
    }
    before = os.times()
    done = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", str(path), *arguments],
        capture_output=True, encoding="utf-8", env=environment, timeout=PATIENCE, check=False,
    )  # fmt: skip
    after = os.times()
    used = after.children_user + after.children_system
    used -= before.children_user + before.children_system
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return done.stdout, used


def check_compress(out):
    rows = re.findall(rf"^\s*{NUMBER}\s+(\d+)\s+{NUMBER}%\s+{NUMBER}\s+{NUMBER}$", out, re.M)
    assert len(rows) == 3
    ranks = [int(row[1]) for row in rows]
    assert ranks == sorted(ranks)
    for asked, _, _, certified, true in rows:
        assert 0 < float(true) <= float(certified) <= float(asked)
    wide, tight = (float(value) for value in re.findall(rf"median {NUMBER},", out))
    assert 0 < tight <= wide < 1


def check_certify(out):
    rows = re.findall(rf"^(.+?)  +{NUMBER} +{NUMBER} +{NUMBER} +{NUMBER}  (\d+) of 20$", out, re.M)
    assert len(rows) == 8
    for who, certified_f, true_f, certified_2, true_2, low in rows:
        # Four digits are printed, hence the 1e-4.
        assert 1 - 1e-4 <= float(true_f) <= float(certified_f) + 1e-4
        assert 1 - 1e-4 <= float(true_2) <= float(certified_2) + 1e-4
        if who == "linsub":
            assert int(low) == 0
            assert float(true_f) == 1.0
        if who.endswith("n_iter=0"):
            assert int(low) == 20
            assert float(true_f) > 1.05


def check_jacobian(out):
    found = re.findall(rf"sigma_1: {NUMBER}   converged: (\w+)", out)
    (right, converged), (wrong, unconverged) = found
    assert (converged, unconverged) == ("True", "False")
    assert float(right) <= 1.5e-8
    assert float(wrong) > 1e-3
    assert float(re.search(rf"reads {NUMBER}%", out).group(1)) > 95


def check_patches(out):
    rows = re.findall(
        rf"^\s*{NUMBER}\s+(\d+)\s+{NUMBER}\s+{NUMBER}\s+{NUMBER}x\s+{NUMBER}x\s+{NUMBER}x$",
        out,
        re.M,
    )
    assert len(rows) == 3
    counts = [int(row[1]) for row in rows]
    assert counts == sorted(counts)
    for budget, _, certified, true, together, alone, one in rows:
        assert 0 < float(true) <= float(certified) <= float(budget)
        assert 1 < float(alone) < float(together)
        assert float(one) <= float(together)


def check_digits(out):
    assert re.search(r"^185 matrices, budget 0\.3: (\d+) clusters of rank up to (\d+)", out, re.M)
    certified, true = re.search(rf"certified {NUMBER}, true {NUMBER}$", out, re.M).groups()
    assert 0 < float(true) <= float(certified) <= 0.3
    assert float(re.search(rf"of their cluster: {NUMBER}%", out).group(1)) > 90
    pairs = re.findall(rf"^  (\d) and (\d): {NUMBER}% saved$", out, re.M)
    assert ("3", "8") in [pair[:2] for pair in pairs]
    assert all(float(saved) > 0 for _, _, saved in pairs)


def check_growing(out):
    rows = re.findall(
        rf"^ *0-\d +(\d+) +(\d+) +{NUMBER} +{NUMBER}  \| +{NUMBER} +{NUMBER} +{NUMBER}$", out, re.M
    )
    assert len(rows) == 10
    assert int(rows[-1][0]) == 1797
    ranks = [int(row[1]) for row in rows]
    assert ranks == sorted(ranks)
    assert ranks[0] < ranks[-1] < 61
    for _, _, certified, true, fixed, fixed_true, least in rows:
        assert 0.2 < float(true) <= float(certified) <= 0.25
        assert float(least) <= float(fixed_true) <= float(fixed) < 0.3
    apart = float(re.search(rf"over the true one: {NUMBER}$", out, re.M).group(1))
    assert 0 <= apart < 1e-9


def check_subspaces(out):
    found = re.findall(
        rf"^(\w+) classes: (\d) and (\d), distance {NUMBER}, angles (.+) degrees", out, re.M
    )
    assert [row[0] for row in found] == ["nearest", "farthest"]
    for _, _, _, distance, angles in found:
        degrees = np.array(angles.split(", "), dtype=float)
        assert np.all(np.diff(degrees) >= 0)
        assert abs(np.linalg.norm(np.radians(degrees)) - float(distance)) < 2e-3
    within, off = (
        float(value)
        for value in re.search(rf"within {NUMBER} of .* within {NUMBER} of", out).groups()
    )
    assert 0 < off < 1e-2 < within < np.pi / 4
    before = float(re.search(rf"images: {NUMBER} with principal", out).group(1))
    after = float(re.search(rf"^ *{NUMBER} after", out, re.M).group(1))
    assert 0.94 < before < before + 0.01 < after < 1
    assert float(re.search(rf"steps to {NUMBER}$", out, re.M).group(1)) < 1e-13


def check_train(out):
    before, after = (
        float(x) for x in re.findall(rf"^loss (?:before|after.*): {NUMBER}$", out, re.M)
    )
    least, fit = re.search(rf"possible: {NUMBER} \(closed form\), {NUMBER} \(fit\)", out).groups()
    assert abs(float(least) - float(fit)) <= 2e-6
    assert float(least) - 2e-6 <= after <= float(least) + 1e-4
    assert before > float(least) + 1
    assert float(re.search(rf"on the way: {NUMBER}$", out, re.M).group(1)) <= 1e-14
    assert float(re.search(rf"the best one: {NUMBER}$", out, re.M).group(1)) <= 0.02


def check_nystroem(out):
    rows = re.findall(rf"^ +(\d+) +{NUMBER} +{NUMBER} +{NUMBER} +{NUMBER} +{NUMBER}$", out, re.M)
    assert len(rows) == 5
    for _, least, arp, pivoted, leverage, uniform in rows:
        assert 0 < float(least) < float(arp) < float(uniform)
        assert float(least) < float(pivoted) < 1.1 * float(leverage)
    (found,) = re.findall(rf"(\d+) of (\d+) columns .* error {NUMBER}, true {NUMBER}$", out, re.M)
    assert int(found[0]) < int(found[1])
    assert abs(float(found[2]) - float(found[3])) < 1e-6


def check_pixels(out):
    rows = re.findall(rf"^ +(\d+) +{NUMBER} +{NUMBER} +{NUMBER} +{NUMBER} +{NUMBER}$", out, re.M)
    assert len(rows) == 6
    for _, subspace, certain, drawn, _, uniform in rows:
        assert 0 < float(subspace) < float(certain) < float(drawn) < float(uniform)
    taught = re.findall(rf"certified {NUMBER}, at most {NUMBER}$", out, re.M)
    assert len(taught) == 6
    assert all(0 < float(measured) < float(limit) for measured, limit in taught)


def check_polynomial_design(out):
    rows = re.findall(
        rf"^(\S.*?) +lambda_min >= 1/2 in +{NUMBER}% of 300 draws, median {NUMBER}; "
        rf"median error {NUMBER}$",
        out,
        re.M,
    )
    assert [row[0] for row in rows] == ["i.i.d.", "volume", "repeated DPP"]
    lows = [float(row[2]) for row in rows]
    errors = [float(row[3]) for row in rows]
    assert lows == sorted(lows)
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] >= 1
    assert float(rows[-1][1]) > 20 > float(rows[1][1])
    points, low, error = re.search(
        rf"thinned: (\d+) of 80 points .*lambda_min {NUMBER}, error {NUMBER}$", out, re.M
    ).groups()
    assert 20 <= int(points) < 80
    assert float(low) >= 0.5
    assert float(error) >= 1


def check_intrinsic(out):
    rows = re.findall(rf"^ *(\d+) +{NUMBER} +{NUMBER} +{NUMBER} +{NUMBER}$", out, re.M)
    assert len(rows) == 13
    for d, expected, *losses in rows:
        for found in losses:
            # The step: a loss of rounding alone from d = 10 on, and of its known size before.
            if int(d) >= 10:
                assert float(found) < 1e-20
            else:
                assert 0.3 < float(found) / float(expected) < 2.0
    accuracy = [float(a) for a in re.findall(rf"^digits, d = +\d+: accuracy {NUMBER}$", out, re.M)]
    whole, needed = re.search(
        rf"all 650 parameters: accuracy {NUMBER}; 90% .* (\d+)$", out
    ).groups()
    assert accuracy[0] < 0.5 < 0.85 < float(whole) <= 1.0
    assert accuracy[-1] > 0.9 * float(whole)
    assert 10 < int(needed) < 650


def check_coreset(out):
    rows = [line.split() for line in out.splitlines() if re.match(r" *\d+ +[\d.]+ +[\d.]+ ", line)]
    table = np.array(rows, dtype=float)
    assert table.shape == (5, 9)
    medians, largest = table[:, 1::2], table[:, 2::2]
    assert (medians > 0).all()
    assert (medians <= largest).all()
    assert (np.diff(medians, axis=0) < 0).all()
    assert (medians[:, 1:] < medians[:, :1]).all(), "uniform rows are worse"
    assert medians[-1, 1:].max() < 0.05
    leverage, lewis, _ = (
        float(x)
        for x in re.search(
            rf"leverage {NUMBER}, Lewis {NUMBER}, sensitivity {NUMBER};", out
        ).groups()
    )
    assert leverage == lewis == 62


def check_stream(out):
    pattern = rf"^ *(\d+) +(\d+) +{NUMBER} +{NUMBER} +{NUMBER} +{NUMBER}$"
    rows = np.array(re.findall(pattern, out, re.M), dtype=float)
    assert rows.shape == (8, 6)
    n, kept, lower, upper, low, high = rows.T
    assert (np.diff(n) > 0).all()
    assert kept[-1] < 0.1 * n[-1]
    assert (lower <= low).all()
    assert (low < 1).all()
    assert (high > 1).all()
    assert (high <= upper).all()
    assert lower[-1] > 0.7
    assert upper[-1] < 1.4
    least, most = (float(x) for x in re.search(rf"from {NUMBER} to {NUMBER}$", out).groups())
    assert low[-1] - 1e-3 <= least <= 1 <= most <= high[-1] + 1e-3


def check_protected_tasks(out):
    rows = re.findall(rf"^(.+?)  +[\d. ]+   mean {NUMBER}   forgotten {NUMBER}$", out, re.M)
    assert len(rows) == 3
    means, forgotten = np.array([row[1:] for row in rows], dtype=float).T
    assert np.all(np.diff(means) > 0.01)
    assert means[2] > 0.93
    assert np.all(np.diff(forgotten) < 0.0)
    assert forgotten[2] < 0.05 < 0.15 < forgotten[0]
    ranks = re.search(r"^protected directions of 1500: (.+)$", out, re.M).group(1).split(", ")
    assert np.all(np.diff(np.array(ranks, dtype=int)) > 0)
    assert float(re.search(rf"^basis orthonormal to {NUMBER}$", out, re.M).group(1)) < 1e-11


def check_streaming(out):
    rows = re.findall(
        rf"^(\S.*?) +(oja_grid|fd) +(\d+) +{NUMBER} +{NUMBER} +{NUMBER} +{NUMBER}$", out, re.M
    )
    assert len(rows) == 12
    for _, method, images, proved, true, lower, upper in rows:
        assert float(true) <= float(proved) < 0.5
        assert float(lower) <= 1.0 <= float(upper)
        if method == "oja_grid" and int(images) > 1000:
            assert float(proved) < 0.2
    early, late = (float(row[3]) for row in rows if row[:2] == ("random order", "oja_grid"))
    assert late < 0.5 * early
    proved, true = re.search(rf"proved {NUMBER}, true {NUMBER}$", out, re.M).groups()
    assert float(true) <= float(proved) < 1e-4
    assert out.count("does not look randomly ordered") == 2


def check_stream_methods(out):
    rows = re.findall(rf"^(\S.*?)  +(\S.*?)  +cos\^2 {NUMBER}   proved (\S+)$", out, re.M)
    assert len(rows) == 42
    found = {(stream, method): (float(cosine), proved) for stream, method, cosine, proved in rows}
    for (stream, method), (cosine, proved) in found.items():
        if proved != "-":
            assert float(proved) >= np.sqrt(max(0.0, 1.0 - cosine - 5e-4)) - 1e-9
        if method.startswith("auto"):
            assert cosine > 0.8
        if method == "AdaGrad Oja" and stream.startswith("heavy"):
            assert cosine < 0.1
        if stream.startswith("heavy") and method.startswith(("auto", "block", "Oja", "Freq")):
            assert proved != "-"


def check_cluster_digits(out):
    rows = re.findall(rf"^(\w+) +accuracy {NUMBER}, mutual information {NUMBER}, (.+)$", out, re.M)
    assert [row[0] for row in rows] == ["TSC", "LSRSC", "DSSC", "KSubspaces"]
    for _, accuracy, shared, said in rows:  # k-means: .794
        assert (float(accuracy) > 0.794) == (said == "sees ten clusters")
        assert 0.5 < float(shared) < 1.0
    shares = re.search(rf"within digits: {NUMBER}, {NUMBER}, {NUMBER}$", out, re.M).groups()
    assert min(float(share) for share in shares) > 0.9


def check_motion(out):
    (fifth,) = re.findall(rf"relative: at most {NUMBER}", out)
    assert float(fifth) < 0.01
    right, new = re.search(rf"right object: {NUMBER}, new tracks: {NUMBER}", out).groups()
    assert float(right) > 0.98
    assert float(new) > 0.98
    (own,) = re.findall(rf"to their object at most {NUMBER},", out)
    (strays,) = re.findall(rf"strays are at least {NUMBER} ", out)
    assert float(own) < float(strays)
    assert "KSubspacesCertificate" in out


def check_attributed_graph(out):
    rows = re.findall(rf"^ +{NUMBER}  {NUMBER}  {NUMBER}  {NUMBER}(  doubted)?$", out, re.M)
    assert len(rows) == 6
    links, words, both = np.array([[float(x) for x in row[1:4]] for row in rows]).T
    assert (both > words).all()
    assert both[2] > links[2] + 0.1
    for right, row in zip(links, rows, strict=True):  # who is mostly wrong is doubted
        assert bool(row[4]) == (right < 0.8)


def check_how_many(out):
    assert int(re.search(r"gap of eigenvalues: (\d+)", out)[1]) == 6
    assert int(re.search(r"elbow of the cost: (\d+)", out)[1]) == 4
    rows = re.findall(rf"^ +(\d+) +{NUMBER}  {NUMBER}  {NUMBER}(  doubted)?$", out, re.M)
    costs = [float(row[1]) for row in rows]
    assert len(rows) == 9
    assert costs == sorted(costs, reverse=True)
    assert float(rows[3][3]) > 0.98
    assert rows[0][4]
    assert not rows[3][4]


def check_network(out):
    k = int(re.search(r"share (\d+) wires$", out, re.M).group(1))
    assert k == 2
    assert out.count(": True") == 2
    sent, taken = re.search(rf"sends {NUMBER} MW, loads take {NUMBER} MW$", out, re.M).groups()
    assert float(sent) == float(taken) > 200
    largest, off = re.search(
        rf"largest flow {NUMBER} MW, largest difference {NUMBER} MW$", out, re.M
    ).groups()
    # The flow from bus 1 to bus 2 of the DC load flow, as is well known: 147.88 MW.
    assert float(largest) == 147.88
    assert float(off) < 1e-10
    wires = [int(x) for x in re.search(r"first part: \[(.+)\]$", out, re.M).group(1).split(", ")]
    assert len(wires) == 14
    assert wires[0] == wires[-1] == 0
    assert wires[4] == k
    assert all(0 < wire < 14 for wire in wires[1:-1])


def check_principal_regression(out):
    rows = re.findall(rf"^ +(\d+) +{NUMBER} +(\d+) +{NUMBER} +{NUMBER} +{NUMBER}$", out, re.M)
    assert len(rows) == 5
    for _, _, degree, certified, true, accuracy in rows:
        assert int(degree) > 100
        assert 0 < float(true) <= float(certified) < 1e-4
        assert 0.2 < float(accuracy) < 1
    all_of_them = float(re.search(rf"^all \d+ components: accuracy {NUMBER}$", out, re.M).group(1))
    assert all_of_them + 0.05 < max(float(row[-1]) for row in rows)
    assert 0.9 < float(re.search(rf"least one {NUMBER} at most$", out, re.M).group(1)) < 1.1


CHECKS = {
    "plot_attributed_graph": check_attributed_graph,
    "plot_certify_sklearn": check_certify,
    "plot_cluster_digits": check_cluster_digits,
    "plot_compress_image": check_compress,
    "plot_compress_patches": check_patches,
    "plot_digit_classes": check_digits,
    "plot_digit_subspaces": check_subspaces,
    "plot_growing_matrix": check_growing,
    "plot_how_many_subspaces": check_how_many,
    "plot_intrinsic_dimension": check_intrinsic,
    "plot_jacobian_operator": check_jacobian,
    "plot_motion_segmentation": check_motion,
    "plot_train_projector": check_train,
    "plot_network_parts": check_network,
    "plot_nystroem_digits": check_nystroem,
    "plot_patch_stream": check_stream,
    "plot_pixel_sensors": check_pixels,
    "plot_principal_regression": check_principal_regression,
    "plot_protected_tasks": check_protected_tasks,
    "plot_polynomial_design": check_polynomial_design,
    "plot_regression_coreset": check_coreset,
    "plot_stream_methods": check_stream_methods,
    "plot_streaming_digits": check_streaming,
}


def test_every_example_is_checked():
    assert [path.stem for path in EXAMPLES] == sorted(CHECKS)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example(path, tmp_path):
    if path.stem == "plot_certify_sklearn":
        pytest.importorskip("sklearn")
    target = tmp_path / "picture.png"
    out, used = run_example(path, "--save", str(target))
    CHECKS[path.stem](out)
    assert used < SECONDS, f"{path.name} took {used:.1f} s of processor time"

    import matplotlib.image

    picture = matplotlib.image.imread(target)[..., :3]
    assert min(picture.shape[:2]) >= 500
    # A blank canvas, or one with empty axes, is almost wholly of one colour.
    ink = np.abs(picture - picture[0, 0]).max(axis=2) > 0.1
    assert 0.01 < ink.mean() < 0.95
    halves = [*np.array_split(ink, 2, axis=0), *np.array_split(ink, 2, axis=1)]
    assert all(half.mean() > 0.005 for half in halves)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_missing_matplotlib_is_named(path, monkeypatch):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    # Importing the example must not need matplotlib; drawing must say how to get it.
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    spec.loader.exec_module(module)
    with pytest.raises(MissingExtraError, match=r"linsub\[plot\]"):
        module.pyplot()
