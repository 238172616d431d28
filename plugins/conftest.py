"""What tests of all first-party plugins share: patience."""

from __future__ import annotations

from hypothesis import settings

# The first call of anything may load half of torch, so the time of one example says nothing.
settings.register_profile("plugins", deadline=None)
settings.load_profile("plugins")
