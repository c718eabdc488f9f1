"""Tests of bias_exp.explain."""
