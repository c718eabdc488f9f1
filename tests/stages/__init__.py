"""Tests of bias_exp.stages."""
