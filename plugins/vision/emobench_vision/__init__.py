"""First-party components for facial images; see the registration module for the list."""
