"""Drawn people at work: the embedded data set whose truth is known. No torch."""
