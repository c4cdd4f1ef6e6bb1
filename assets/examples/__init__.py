"""Example projects, with the data that is small enough to ship."""
