"""Two small real data sets that ship with the package; data/README.md has their licences."""

from __future__ import annotations

from importlib import resources
from typing import NamedTuple

import numpy as np

__all__ = ["Digits", "load_digits", "load_image"]


class Digits(NamedTuple):
    """Images of handwritten digits, one a row of `data`, and the digits that they show."""

    data: np.ndarray
    target: np.ndarray


def _archive(name: str) -> dict[str, np.ndarray]:
    path = resources.files("linsub.testing").joinpath("data", name)
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        return dict(archive)


def load_digits() -> Digits:
    """Return 1797 images of handwritten digits as the rows of a matrix.

    Returns
    -------
    data : ndarray of shape (1797, 64), float64
        Images of 8 x 8 pixels, row by row; whole numbers from 0 (white) to 16. The matrix
        has rank 61: three pixels are never inked.
    target : ndarray of shape (1797,), int64
        The digits, 0 to 9.

    Notes
    -----
    The test set of Optical Recognition of Handwritten Digits [1]_, CC BY 4.0. Fresh,
    writable arrays at every call.

    References
    ----------
    .. [1] E. Alpaydin and C. Kaynak, UCI Machine Learning Repository, 1998,
       https://doi.org/10.24432/C50P49

    Examples
    --------
    >>> from linsub.testing import load_digits
    >>> data, target = load_digits()
    >>> data.shape, target[:5].tolist()
    ((1797, 64), [0, 1, 2, 3, 4])
    """
    archive = _archive("digits.npz")
    return Digits(archive["data"].astype(np.float64), archive["target"].astype(np.int64))


def load_image() -> np.ndarray:
    """Return a photograph of a Chinese temple as a matrix of gray levels.

    Returns
    -------
    image : ndarray of shape (427, 640), float64
        Whole numbers from 0 (black) to 255 (white). A fresh, writable array at every call.

    Notes
    -----
    Some rights reserved by danielbuechele, CC BY 2.0 [1]_; turned to gray for this package.

    References
    ----------
    .. [1] https://www.flickr.com/photos/danielbuechele/6061409035/

    Examples
    --------
    >>> from linsub.testing import load_image
    >>> load_image().shape
    (427, 640)
    """
    return _archive("china.npz")["image"].astype(np.float64)
