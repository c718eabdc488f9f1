"""Tests mirror the package; see README, "How it is tested"."""
