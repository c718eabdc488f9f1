"""Arrays in, numbers out: group rates, gaps and their uncertainty. No torch, no files."""
