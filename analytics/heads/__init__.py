"""Small trained heads: linear models over hashed n-grams, their weights as versioned files beside the code."""
