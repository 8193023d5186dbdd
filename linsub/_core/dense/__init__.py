"""The only callers of LAPACK: one file a factorization, on canonical arrays."""
