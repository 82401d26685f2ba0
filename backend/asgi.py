"""What the web server runs: the face for SDKs, and Django behind it.

ASGI, because OTLP clients send chunked bodies without a length, which WSGI would read as empty.
"""

import os
import threading

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

_django = get_asgi_application()  # first: it makes the models that the face for SDKs imports

from analytics.statistics.intervals import rate  # noqa: E402
from ingest.asgi import Ingest  # noqa: E402

application = Ingest(_django)

# The first interval imports statsmodels, which takes seconds on a busy machine: not while a person waits for a page.
threading.Thread(target=rate, args=(1, 2), name="warm-up", daemon=True).start()
