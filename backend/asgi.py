"""What the web server runs: the face for SDKs, and Django behind it.

ASGI, because OTLP clients send chunked bodies without a length, which WSGI would read as empty.
"""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

_django = get_asgi_application()  # first: it makes the models that the face for SDKs imports

from ingest.asgi import Ingest  # noqa: E402

application = Ingest(_django)
