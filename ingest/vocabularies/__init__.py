"""Vocabularies: one module and one mapping table each; the name of an attribute decides, never the client."""
