"""Writes new plugin packages, complete and tested, from readable templates. Loads no torch."""
