"""Tests of bias_exp.matrix.executors."""
