"""Tests of backbones, heads, losses and checkpoints."""
