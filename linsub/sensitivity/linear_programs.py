"""min ||Q z||_1 and min ||Q z||_inf subject to c z = 1, as linear programs (HiGHS)."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["minimum_one_norm", "minimum_peak", "solve_program"]

# Of HiGHS; what is found is certified afterwards, whatever these are.
_TOLERANCE = 1e-10


def solve_program(cost: np.ndarray, A: np.ndarray, b: np.ndarray, bounds: np.ndarray) -> Any:
    """Return SciPy's result of min cost x with A x = b and bounds on x."""
    from scipy.optimize import linprog

    options: Any = {
        "primal_feasibility_tolerance": _TOLERANCE,
        "dual_feasibility_tolerance": _TOLERANCE,
        "presolve": False,
    }
    return linprog(
        cost, A_eq=A, b_eq=b, bounds=list(map(tuple, bounds)), method="highs", options=options
    )


def minimum_one_norm(Q: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return z and y, ``Q^T y = c`` with least ||y||_inf, or None where HiGHS gives up.

    ``max t with Q^T y = t c, |y| <= 1``; z are the multipliers.
    """
    n = Q.shape[0]
    cost = np.zeros(n + 1)
    cost[n] = -1.0
    bounds = np.full((n + 1, 2), (-1.0, 1.0))
    bounds[n] = 0.0, np.inf
    found = solve_program(cost, np.column_stack([Q.T, -c]), np.zeros(c.size), bounds)
    if found.status != 0 or not found.x[n] > 0.0:
        return None
    z = found.eqlin.marginals
    return np.asarray(z), found.x[:n] / found.x[n]


def minimum_peak(Q: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return z and y, ``Q^T y = c`` with least ||y||_1, or None where HiGHS gives up."""
    n = Q.shape[0]
    bounds = np.full((2 * n, 2), (0.0, np.inf))
    found = solve_program(np.ones(2 * n), np.hstack([Q.T, -Q.T]), c, bounds)
    if found.status != 0:
        return None
    z = found.eqlin.marginals
    return np.asarray(z), found.x[:n] - found.x[n:]
