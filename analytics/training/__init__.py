"""Scripts that train the shipped heads again from openly licensed data; nothing here runs in the product."""
