"""Compiled loops of `linsub.streaming`."""
