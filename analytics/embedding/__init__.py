"""Texts to vectors, by models that are on this machine already; nothing is fetched at run time."""

from analytics.embedding.base import Embedder, ModelNotFound, text_key
from analytics.embedding.models import load

__all__ = ["Embedder", "ModelNotFound", "load", "text_key"]
