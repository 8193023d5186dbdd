"""What greedy codes do for certain: how residuals decay, and when the right atoms are found."""

from __future__ import annotations

import math

__all__ = ["recoverable_sparsity", "residual_decay"]


def residual_decay(inradius: float, steps: int) -> float:
    """Return ``(1 - r^2)^(k / 2)``, a bound on the residual of a unit target after k steps.

    Parameters
    ----------
    inradius : float
        Of the atoms and their negatives in a subspace that has the target, in [0, 1]; a lower
        bound on it will do.
    steps : int
        k, atoms that were chosen.
    """
    return math.pow((1.0 - inradius) * (1.0 + inradius), 0.5 * steps)


def recoverable_sparsity(coherence: float) -> float:
    """Return the largest s with ``s < (1 + 1 / mu) / 2``: so many atoms are found again.

    Parameters
    ----------
    coherence : float
        The largest \\|cosine\\| of two atoms, in [0, 1]; infinity is returned for 0.
    """
    if coherence <= 0.0:
        return math.inf
    return float(math.ceil(0.5 * (1.0 + 1.0 / coherence)) - 1)
