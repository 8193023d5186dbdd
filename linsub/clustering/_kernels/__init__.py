"""Compiled loops of `linsub.clustering`."""
