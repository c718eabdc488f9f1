"""Saliency maps: pure functions of activations, gradients and weights, and the engine that feeds them."""
