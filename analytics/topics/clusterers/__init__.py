"""Ways to cluster a sample: one module each, found by walking this package."""
