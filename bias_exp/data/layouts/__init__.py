"""Personas laid out on disk as well-known data sets are: stand-ins where the real files are not at hand."""
