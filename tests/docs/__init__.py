"""The documentation, held against the code: every command, study, table and link in it is checked, and run."""
