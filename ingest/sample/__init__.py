"""The sample project: a support assistant of an invented shop, played through the real OpenTelemetry SDK.

``shop/`` holds every text. ``plan`` turns a seed into conversations with known faults, ``play`` sends them.
"""
