"""Tests of fitting, predicting and the reference probe."""
