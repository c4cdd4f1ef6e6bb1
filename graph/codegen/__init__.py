"""Generated code: networks and training graphs as readable Python."""
