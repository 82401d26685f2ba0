"""Addresses of the gallery; included in debug and test only."""

from django.urls import path

from frontend.gallery import views
from frontend.stylesheet import stylesheet

urlpatterns = [
    path("gallery", views.gallery, name="gallery"),
    path("gallery/palette", views.palette, name="gallery_palette"),
    path("assay.<slug:digest>.css", stylesheet, name="stylesheet"),
]
