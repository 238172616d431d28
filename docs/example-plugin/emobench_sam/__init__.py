"""Sharpness-aware minimisation; see the registration module for what is offered."""
