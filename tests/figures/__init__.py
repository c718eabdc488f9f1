"""Tests of bias_exp.figures."""
