"""Leaderboards: a pure function of records. Never sees training or torch."""
