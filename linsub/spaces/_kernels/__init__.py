"""Loops of the family, compiled by numba."""
