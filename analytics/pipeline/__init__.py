"""From stored spans to turns, vectors, topics, flags and review items: stages that follow what was stored."""
