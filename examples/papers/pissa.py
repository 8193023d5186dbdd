"""PiSSA: quantize the residual of a truncated SVD instead of the matrix.

``W = left @ right + residual`` with the principal part in full precision and the residual in four
bits (NF4, blocks of 64). How much of the quantization error that saves, in the nuclear norm,
depends on the spectrum (arXiv 2404.02948): of a Gaussian matrix LoftQ's factors, the truncated
SVD of the quantization error, save more; with decay PiSSA's do, and by far.
"""

from __future__ import annotations

import numpy as np

from linsub.svd import split_svd

N, RANK, BLOCK = 256, 32, 64
# The sixteen quantiles of the normal distribution of QLoRA's NormalFloat.
NF4 = np.array(
    [
        *(-1.0, -0.6961928, -0.5250731, -0.3949175, -0.2844414, -0.1847734, -0.0910500, 0.0),
        *(0.0795803, 0.1609302, 0.2461123, 0.3379152, 0.4407098, 0.5626170, 0.7229568, 1.0),
    ]
)


def nf4(W: np.ndarray) -> np.ndarray:
    """Round each block of 64 entries to sixteen levels of its largest."""
    blocks = W.reshape(-1, BLOCK)
    scale = np.abs(blocks).max(axis=1, keepdims=True)
    scale[scale == 0.0] = 1.0
    nearest = np.searchsorted((NF4[1:] + NF4[:-1]) / 2.0, blocks / scale)
    return np.asarray((NF4[nearest] * scale).reshape(W.shape))


def nuclear(E: np.ndarray) -> float:
    """Return the sum of the singular values."""
    return float(np.linalg.svd(E, compute_uv=False).sum())


def savings(W: np.ndarray) -> tuple[float, float, float]:
    """Return the per cent of the error saved by PiSSA, five rounds of it, and LoftQ."""
    base = nuclear(W - nf4(W))
    left, right, residual = split_svd(W, RANK)
    once = nuclear(residual - nf4(residual))
    for _ in range(4):  # QPiSSA: what the quantized residual misses goes into the factors
        left, right, _ = split_svd(W - nf4(residual), RANK)
        residual = W - left @ right
    often = nuclear(residual - nf4(residual))
    left, right, _ = split_svd(W - nf4(W), RANK)
    loftq = nuclear(W - nf4(W) - left @ right)
    return tuple(100.0 * (1.0 - x / base) for x in (once, often, loftq))  # type: ignore[return-value]


def main() -> None:
    """Print the savings for four spectra."""
    rng = np.random.default_rng(0)
    U, V = (np.linalg.qr(rng.standard_normal((N, N)))[0] for _ in range(2))
    i = np.arange(1.0, N + 1.0)
    spectra = {"i^-1/2": i**-0.5, "1/i": 1.0 / i, "exp(-i/30)": np.exp(-i / 30.0)}
    matrices = {"Gaussian": rng.standard_normal((N, N)) / np.sqrt(N)}
    matrices.update({name: U * s @ V.T for name, s in spectra.items()})
    found = {name: savings(W) for name, W in matrices.items()}
    for name, (once, often, loftq) in found.items():
        print(f"{name:<11} PiSSA {once:5.1f} %   five rounds {often:5.1f} %   LoftQ {loftq:5.1f} %")
    assert found["Gaussian"][0] < found["Gaussian"][2]
    assert all(found[name][0] > found[name][2] + 10.0 for name in spectra)
    assert all(once < often for once, often, _ in found.values())
    assert abs(found["1/i"][0] - 86.1) < 1.0


if __name__ == "__main__":
    main()
