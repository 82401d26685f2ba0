"""Topics: what people ask about, found by clustering conversation vectors, named, and kept over time."""
