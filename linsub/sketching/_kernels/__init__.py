"""Compiled loops of `linsub.sketching`."""
