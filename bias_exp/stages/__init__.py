"""One function a phase: a cell and folders in, files out. Knows no tracking; joins rooms that do not know another."""
