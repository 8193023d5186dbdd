"""Loops for products with few columns, compiled on first use."""
