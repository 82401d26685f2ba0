"""Labelled sets: one module each; what is put in here is measured by the next `manage.py evaluate`."""
