"""Arithmetic on pictures: normalising, resizing, filling, removing, colouring."""
