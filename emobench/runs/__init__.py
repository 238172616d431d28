"""What a run leaves behind, where it lies, and the executor that makes it."""
