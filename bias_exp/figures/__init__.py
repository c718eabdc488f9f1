"""Matplotlib figures of arrays and frames. No torch."""
