"""Compiled loops of `linsub.sensitivity`."""
