"""Tests of bias_exp.data.sources."""
