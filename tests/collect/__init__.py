"""Tests of bias_exp.collect."""
