"""What the estimators inherit: scikit-learn's classes, or the least that stands in."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from scipy.sparse import issparse

from linsub._core import arrays
from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["Clusterer", "Transformer", "check_data", "check_is_fitted", "rng_of"]

try:
    from sklearn.base import (
        BaseEstimator,
        ClassNamePrefixFeaturesOutMixin,
        ClusterMixin,
        TransformerMixin,
    )
    from sklearn.utils.validation import check_is_fitted as _check_is_fitted
    from sklearn.utils.validation import validate_data as _validate_data

    HAVE_SKLEARN = True
except ImportError:
    HAVE_SKLEARN = False

if HAVE_SKLEARN:

    class Transformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
        """The base of the estimators, with scikit-learn's parameters, tags and output."""

    class Clusterer(ClusterMixin, BaseEstimator):  # type: ignore[misc]
        """The base of the estimators that label samples."""

else:

    class _Parameters:
        """Parameters as scikit-learn handles them, for use without it."""

        @classmethod
        def _names(cls) -> list[str]:
            return [p for p in inspect.signature(cls.__init__).parameters if p != "self"]

        def get_params(self, deep: bool = True) -> dict[str, Any]:
            """Return the constructor's parameters."""
            return {name: getattr(self, name) for name in self._names()}

        def set_params(self, **params: Any) -> _Parameters:
            """Set parameters by name."""
            for name, value in params.items():
                if name not in self._names():
                    raise InvalidInputError(
                        f"{type(self).__name__} has no parameter {name!r}; "
                        f"it has {', '.join(self._names())}"
                    )
                setattr(self, name, value)
            return self

    class Transformer(_Parameters):  # type: ignore[no-redef]
        """The base of the estimators that transform."""

        def fit_transform(self, X: Any, y: Any = None) -> np.ndarray:
            """Fit to X and return its projection."""
            return self.fit(X, y).transform(X)  # type: ignore[attr-defined,no-any-return]

    class Clusterer(_Parameters):  # type: ignore[no-redef]
        """The base of the estimators that label samples."""

        def fit_predict(self, X: Any, y: Any = None) -> np.ndarray:
            """Fit to X and return its labels."""
            return self.fit(X, y).labels_  # type: ignore[attr-defined,no-any-return]


def check_data(estimator: Any, X: Any, *, reset: bool, sparse: bool = True) -> Any:
    """Return X as a float array or CSR matrix, with its number of features checked."""
    if not sparse and issparse(X):
        raise InvalidTypeError(
            f"X is a sparse matrix and {type(estimator).__name__} takes dense samples; pass "
            "X.toarray(), or reduce it first: linsub.sklearn.TruncatedSVD(50).fit_transform(X)"
        )
    if HAVE_SKLEARN:
        return _validate_data(
            estimator,
            X,
            reset=reset,
            accept_sparse=("csr", "csc") if sparse else False,
            dtype=(np.float64, np.float32),
            ensure_min_features=1 if reset else 0,
        )
    checked = X if hasattr(X, "tocsr") else arrays.as_matrix(X, name="X")
    if checked.dtype.kind == "c":
        raise InvalidInputError("X is complex and the estimators are real; use linsub.svd")
    if reset:
        estimator.n_features_in_ = checked.shape[1]
    elif checked.shape[1] != estimator.n_features_in_:
        raise InvalidInputError(
            f"X has {checked.shape[1]} features, but {type(estimator).__name__} is expecting "
            f"{estimator.n_features_in_} features as input"
        )
    return checked


def check_is_fitted(estimator: Any) -> None:
    """Raise if `fit` has not been called."""
    if HAVE_SKLEARN:
        _check_is_fitted(estimator)
    elif not hasattr(estimator, "n_features_in_"):
        raise InvalidInputError(f"this {type(estimator).__name__} is not fitted; call fit first")


def rng_of(random_state: Any) -> Any:
    """Return `random_state` as the `rng` of linsub; a RandomState lends its next draw."""
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    return random_state
