"""Data, training, runs and the command line. Knows the graph, not the window."""
