"""Backbones cut into trunk and heads, losses and checkpoints."""
