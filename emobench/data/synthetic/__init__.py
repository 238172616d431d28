"""Synthetic affect: one draw of emotion, intensity and identity, rendered three ways."""
