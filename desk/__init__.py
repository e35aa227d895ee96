"""desk: an IT service desk that lives in a git folder."""

__version__ = "0.1.0"
