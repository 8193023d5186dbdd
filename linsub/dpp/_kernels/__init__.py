"""Loops of the samplers, compiled with numba."""
