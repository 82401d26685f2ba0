"""Reading conversations from files: a record to spans, a file to the store."""
