"""All stylesheets as one answer: forty small files keep the sources readable, but cost a first visit 0.6 s."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.templatetags.static import static

_IMPORT = re.compile(r'@import url\("([\w.-]+)"\) layer\((\w+)\);')
_ADDRESS = re.compile(r'url\("\.\./([\w./-]+)"\)')
_YEAR = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Sheet:
    """The joined text, ready to send."""

    text: bytes
    packed: bytes
    digest: str


def joined() -> Sheet:
    """Put each file that app.css imports into its place, in its layer; addresses become absolute."""
    found = finders.find("css/app.css")
    if not isinstance(found, str):
        raise FileNotFoundError("css/app.css is not among the static files; is frontend installed?")
    folder = Path(found).parent
    text = _IMPORT.sub(
        lambda part: f"@layer {part[2]} {{\n{(folder / part[1]).read_text()}}}\n", Path(found).read_text()
    )
    raw = _ADDRESS.sub(lambda part: f'url("{static(part[1])}")', text).encode()
    return Sheet(raw, gzip.compress(raw, mtime=0), hashlib.sha256(raw).hexdigest()[:12])


_kept = lru_cache(maxsize=1)(joined)


def sheet() -> Sheet:
    """Give the joined text; read anew each time under debug."""
    return joined() if settings.DEBUG else _kept()


def stylesheet(request: HttpRequest, digest: str) -> HttpResponse:
    """Serve it; the digest in the address lets browsers keep it for good."""
    current = sheet()
    if request.headers.get("If-None-Match") == f'"{current.digest}"':
        return HttpResponseNotModified()
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    answer = HttpResponse(current.packed if packed else current.text, content_type="text/css; charset=utf-8")
    if packed:
        answer["Content-Encoding"] = "gzip"
    answer["Vary"] = "Accept-Encoding"
    answer["ETag"] = f'"{current.digest}"'
    answer["Cache-Control"] = _YEAR if digest == current.digest else "no-cache"
    return answer
