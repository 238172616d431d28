"""Metrics and collapse detection: numpy only."""
