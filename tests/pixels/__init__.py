"""Tests of arithmetic on pictures."""
