"""Addresses of this face."""

from django.urls import URLPattern, URLResolver, path

from backend.health import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", views.healthz),
    path("readyz", views.readyz),
    path("metrics", views.metrics),
]
