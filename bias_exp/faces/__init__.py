"""Faces in pictures: where they are, and how they are brought into one frame."""
