"""Records to terminal table, JSON and one self-contained HTML page."""
