"""Tests of bias_exp.faces."""
