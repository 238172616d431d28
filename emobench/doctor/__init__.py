"""The collapse doctor: why a run failed, by its evidence, and the smallest change that cures."""
