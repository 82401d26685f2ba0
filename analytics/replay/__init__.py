"""Recorded answers tried again with one thing changed, to see whether that heals them."""
