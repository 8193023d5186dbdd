"""How often two samples share a label, over many runs."""

from linsub._core.jit import njit

__all__ = ["count_agreements"]


@njit()
def count_agreements(labels, first, counts):  # type: ignore[no-untyped-def]
    """Write for each sample ``first + i`` in how many runs each other has its label.

    labels (runs, N) and counts (rows, N) are uint16, so that labels, comparison and count fill
    the same lanes of a register.
    """
    counts[:, :] = 0
    for i in range(counts.shape[0]):
        row = counts[i]
        for run in range(labels.shape[0]):
            mine = labels[run]
            label = mine[first + i]
            for j in range(mine.size):
                row[j] += mine[j] == label
