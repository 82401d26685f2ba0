"""Forms (multipart/form-data): how clickhouse-connect sends parameters that are too long for a URL."""

from __future__ import annotations

from email.message import Message

from backend.store.embedded.errors import Code, Fault, fault


def is_form(content_type: str) -> bool:
    """Whether a body of this type is a form."""
    return content_type.lower().startswith("multipart/form-data")


def fields(content_type: str, body: bytes) -> list[tuple[str, bytes]]:
    """Names and values of a form, byte by byte as sent.

    Raises:
        Fault: it is no form, or it holds a file (external tables are not served).
    """
    boundary = _parameter("Content-Type", content_type, "boundary")
    if not boundary:
        raise _broken()
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("latin-1"))
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise _broken()
    return [_field(piece) for piece in pieces[1:-1]]


def _field(piece: bytes) -> tuple[str, bytes]:
    head, blank, value = piece.partition(b"\r\n\r\n")
    lines = (line.partition(":") for line in head.decode(errors="replace").split("\r\n"))
    headers = {name.strip().lower(): rest.strip() for name, _, rest in lines}
    disposition = headers.get("content-disposition", "")
    name = _parameter("Content-Disposition", disposition, "name")
    if not blank or not name:
        raise _broken()
    if _parameter("Content-Disposition", disposition, "filename"):
        raise fault(Code.NOT_IMPLEMENTED, "External tables are not served; put the values in a parameter.")
    return name, value


def _parameter(header: str, value: str, name: str) -> str:
    message = Message()
    message[header] = value
    found = message.get_param(name, header=header)
    return found if isinstance(found, str) else ""


def _broken() -> Fault:
    return fault(Code.BAD_ARGUMENTS, "The body says it is a form (multipart/form-data) and cannot be read as one.")
