"""Patient handouts kept as notebooks: tailored, executed, exported and checked."""

__version__ = "0.1.0"
