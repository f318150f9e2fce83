"""Training on a graph itself, from whatever framework it came: quantisation-aware, with a teacher, with zeros kept."""
