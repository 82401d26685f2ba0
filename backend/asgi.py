"""What the web server runs: Django over ASGI, since OTLP clients send chunked bodies without a length."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

application = get_asgi_application()
