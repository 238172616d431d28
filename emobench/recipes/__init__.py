"""Recipes: typed, checked, positioned, hashed. Nothing here imports torch."""
