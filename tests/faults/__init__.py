"""Processes that end badly, on purpose: rows A of the list of faults."""
