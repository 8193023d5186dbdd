"""Exact laws by enumeration, and the chi-square test that samplers are held to.

The test is two-sided: fits that are too good betray samplers that are stratified or not
random at all. It is seeded, so that it gives one answer for one code; a right sampler whose
seed was never tried fails with probability FALSE_ALARM a test. With at most 200 tests in the
suite that is below 1e-3 in all.
"""

import itertools
from collections import Counter

import numpy as np
from scipy import stats

__all__ = ["FALSE_ALARM", "check_law", "p_values", "subsets"]

FALSE_ALARM = 5e-6


def subsets(N, sizes=None):
    """Return all subsets of range(N), of the given sizes, as sorted tuples."""
    sizes = range(N + 1) if sizes is None else sizes
    return [S for k in sizes for S in itertools.combinations(range(N), k)]


def p_values(samples, law):
    """Return both tails of the chi-square test of `samples` against `law`, a dict.

    Cells that expect fewer than 5 are pooled; a sample outside of the law's support is a
    violation by itself.
    """
    counts = Counter(tuple(sorted(int(i) for i in S)) for S in samples)
    R = sum(counts.values())
    assert abs(sum(law.values()) - 1.0) < 1e-9, "the law does not sum to 1"
    outside = [S for S in counts if law.get(S, 0.0) <= 1e-13]
    if outside:
        return 0.0, 1.0
    cells = sorted(law, key=law.get)
    expected = np.array([R * law[S] for S in cells])
    seen = np.array([counts[S] for S in cells], dtype=float)
    # The rarest cells together, until they expect at least 5.
    head = int(np.searchsorted(np.cumsum(expected), 5.0)) + 1
    rest = np.flatnonzero(expected >= 5.0)
    cut = max(head, int(rest[0]) if rest.size else len(cells))
    pooled_e = np.concatenate([[expected[:cut].sum()], expected[cut:]])
    pooled_s = np.concatenate([[seen[:cut].sum()], seen[cut:]])
    keep = pooled_e > 0
    statistic = float((((pooled_s - pooled_e) ** 2)[keep] / pooled_e[keep]).sum())
    df = int(keep.sum()) - 1
    if df < 1:
        return 1.0, 1.0
    return float(stats.chi2.sf(statistic, df)), float(stats.chi2.cdf(statistic, df))


def check_law(samples, law, false_alarm=FALSE_ALARM):
    """Assert that `samples` (an iterable of index collections) follow `law`."""
    upper, lower = p_values(samples, law)
    assert upper > false_alarm / 2, f"not this law: p = {upper:.3g}"
    assert lower > false_alarm / 2, f"too good a fit: p = {lower:.3g}"
