"""Which pixels to remove, and what their removal does to a score."""
