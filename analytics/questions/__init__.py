"""Questions that pages and the API ask about stored spans: each a named SQL text, each answer typed rows."""
