"""Addresses of this face: none of Django's. ``ingest.asgi`` answers SDKs before Django is asked."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
