"""Addresses of the gallery; included in debug and test only."""

from django.urls import path

from frontend.gallery import views

urlpatterns = [
    path("gallery", views.gallery, name="gallery"),
    path("gallery/palette", views.palette, name="gallery_palette"),
]
