"""Fitting a model to an arm, predicting with it, and the reference gender probe."""
