"""Addresses of this face that Django answers; ``ingest.asgi`` answers those that bring spans before Django is asked."""

from django.urls import URLPattern, URLResolver, re_path

from ingest import unserved
from ingest.apis import (
    langfuse_datasets,
    langfuse_media,
    langfuse_prompts,
    langfuse_runs,
    mlflow_experiments,
    openllmetry_images,
    presence,
)

urlpatterns: list[URLPattern | URLResolver] = [
    *presence.urlpatterns,
    *langfuse_prompts.urlpatterns,
    *langfuse_datasets.urlpatterns,
    *langfuse_runs.urlpatterns,
    *langfuse_media.urlpatterns,
    *mlflow_experiments.urlpatterns,
    *openllmetry_images.urlpatterns,
    re_path(unserved.PATTERN, unserved.unserved, name="unserved"),
]
