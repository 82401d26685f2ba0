"""Names of persons and postal addresses in a text, found without any model library; an aid for redaction."""
