"""First-party components that need torch alone; see the registration module for the list."""
