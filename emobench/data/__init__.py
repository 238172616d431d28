"""Datasets, tasks, protocols, the prepared cache, the leak audit, synthetic affect."""
