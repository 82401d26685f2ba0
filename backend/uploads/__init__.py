"""Files that clients upload under an address of ours before the span that names it."""
