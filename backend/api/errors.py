"""Errors as JSON: a code for machines, a message for people, and no traceback."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from backend.errors import AssayError


def answer(fault: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an error into ``{"error": {"code", "message", "fields"}}``."""
    if isinstance(fault, AssayError):
        headers = {"Retry-After": "5"} if fault.status == 503 else None
        return Response(_body(fault.code, str(fault)), status=fault.status, headers=headers)
    if isinstance(fault, Http404):
        fault = exceptions.NotFound()
    response = exception_handler(fault, context)
    if response is None or not isinstance(fault, exceptions.APIException):
        return response
    if isinstance(fault, exceptions.ValidationError):
        response.data = _body("bad_request", "some fields cannot be read", response.data)
    else:
        response.data = _body(fault.default_code, str(fault.detail))
    return response


def _body(code: str, message: str, fields: Any = None) -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "message": message}
    if fields:
        error["fields"] = fields
    return {"error": error}
