"""Planning and driving a study's cells."""
