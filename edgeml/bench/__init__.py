"""Metrics, statistics, the runner and the records."""
