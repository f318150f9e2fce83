"""Records or framework objects to a Graph."""
