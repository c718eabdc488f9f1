"""One file a data set: each turns a tree on disk into image rows."""
