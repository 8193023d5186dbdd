"""linsub: subspaces with certificates."""

__version__ = "0.1.0.dev0"
