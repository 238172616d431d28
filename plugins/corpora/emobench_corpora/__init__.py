"""First-party corpora of emotional speech; see the registration module for the list."""
