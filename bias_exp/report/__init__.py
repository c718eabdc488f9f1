"""Bias tables and their files."""
