"""Tests of bias_exp.tracking."""
