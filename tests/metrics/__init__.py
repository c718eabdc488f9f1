"""Tests of bias_exp.metrics."""
