"""Tests of bias_exp.report."""
