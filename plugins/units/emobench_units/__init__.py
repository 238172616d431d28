"""First-party components for facial action units; see the registration module for the list."""
