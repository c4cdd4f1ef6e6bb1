"""Files that are not code: examples, icons, small data."""
