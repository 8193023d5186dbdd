"""How often random subspaces agree about two samples."""

from __future__ import annotations

import numpy as np

from linsub.errors import InvalidInputError

__all__ = ["agreement_of_lines"]


def agreement_of_lines(angle: float) -> float:
    """Return the probability that two samples in the plane are nearest to the same random line.

    Of two lines with independent uniform directions: ``1 - 2 angle / pi``, `angle` in [0, pi/2]
    between the lines through the samples.
    """
    if not 0.0 <= angle <= np.pi / 2.0:
        raise InvalidInputError(f"angle must be in 0 .. pi/2, got {angle}")
    return 1.0 - 2.0 * float(angle) / float(np.pi)
