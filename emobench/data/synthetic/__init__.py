"""Synthetic affect: one draw of emotion, intensity and identity; speech, face and table renderers."""
