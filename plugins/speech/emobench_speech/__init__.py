"""First-party components for speech; see the registration module for the list."""
