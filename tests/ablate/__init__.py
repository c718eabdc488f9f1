"""Tests of bias_exp.ablate."""
