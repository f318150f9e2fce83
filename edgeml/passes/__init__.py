"""Graph to Graph, one pass a file; PASSES is the order."""
