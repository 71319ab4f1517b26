"""One typed SDK for the platforms that hold omics data."""

__version__ = "0.1.0"
