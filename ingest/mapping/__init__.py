"""From attributes, whichever vocabulary they are written in, to the fields of a span."""
