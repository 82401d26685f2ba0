"""OTLP's two encodings, protobuf and JSON, decoded to the same plain spans."""
