"""Addresses of this face that Django answers; ``ingest.asgi`` answers those that bring spans before Django is asked."""

from django.urls import URLPattern, URLResolver, re_path

from ingest import unserved

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(unserved.PATTERN, unserved.unserved, name="unserved"),
]
