"""The one loop, its events, and what it needs: model, batches, checkpoints."""
