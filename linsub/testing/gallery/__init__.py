"""Hard matrices by name, their singular values, and cases made of them.

>>> from linsub.testing import gallery
>>> A = gallery.matrix("geometric", 40, 30, cond=1e10, rng=0)
>>> gallery.describe("kahan")
"Kahan's, whose near rank deficiency QR with column pivoting does not see"
"""

from __future__ import annotations

from linsub.testing.gallery.factors import with_spectrum
from linsub.testing.gallery.hard_streams import (
    fd_generator,
    hard_fixed_rate,
    index_instance,
    rotating_blocks,
    spiked,
)
from linsub.testing.gallery.matrices import describe, fits, matrix, names, singular_values
from linsub.testing.gallery.matrix_case import MatrixCase, arrange, case, cases
from linsub.testing.gallery.sparse import (
    GRAPHS,
    graph_laplacian,
    graph_spectrum,
    sparse_random,
)
from linsub.testing.gallery.spectra import spectrum
from linsub.testing.gallery.streams import STREAMS, stream
from linsub.testing.gallery.subspaces import ANGLE_SETS, subspace_pair
from linsub.testing.gallery.unions import (
    attributed_graph,
    camera_trajectories,
    union_of_subspaces,
)

__all__ = [
    "ANGLE_SETS",
    "GRAPHS",
    "STREAMS",
    "MatrixCase",
    "arrange",
    "attributed_graph",
    "camera_trajectories",
    "case",
    "cases",
    "describe",
    "fd_generator",
    "fits",
    "graph_laplacian",
    "graph_spectrum",
    "hard_fixed_rate",
    "index_instance",
    "matrix",
    "names",
    "rotating_blocks",
    "singular_values",
    "sparse_random",
    "spectrum",
    "spiked",
    "stream",
    "subspace_pair",
    "union_of_subspaces",
    "with_spectrum",
]
