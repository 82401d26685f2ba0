"""Detectors of bad answers: one module a detector, found by walking this package."""
