"""The face for clients that send OTLP over gRPC: three unary methods on a port of their own, before the same intake.

Methods are served as streams of one message, which is the same on the wire: so a key is looked at before the message is
read, and who has none costs no memory.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import grpc
import grpc.aio

from backend.errors import AssayError, BadRequest
from ingest import counters, fault_matrix
from ingest.body import Room, mib, too_large
from ingest.intake import Call, Intake, given, limit
from ingest.otlp.answers import PROTOBUF
from ingest.protocols.base import Answer, Protocol
from ingest.protocols.otlp_grpc import OtlpGrpc
from ingest.protocols.otlp_logs import OtlpLogs
from ingest.protocols.otlp_metrics import OtlpMetrics
from ingest.routing import Match

log = logging.getLogger(__name__)

SERVICES: Final[dict[str, type[Protocol]]] = {
    "opentelemetry.proto.collector.trace.v1.TraceService": OtlpGrpc,
    "opentelemetry.proto.collector.logs.v1.LogsService": OtlpLogs,
    "opentelemetry.proto.collector.metrics.v1.MetricsService": OtlpMetrics,
}
"""Which protocol reads what a service's method ``Export`` is sent."""

_READERS: Final = 12
"""Messages that are received at once; gRPC keeps each whole before anybody sees how large it is."""
_MARGIN: Final = 4
"""By what part of the limit a message may pass it and is still read, to be refused in our words and for good. What gRPC
refuses itself has RESOURCE_EXHAUSTED, at which exporters send again."""
_READ_S: Final = 30.0
"""How long a client may take to send one message, so that idle ones do not keep the others out."""
_GRACE_S: Final = 5.0
_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}

_Export = Callable[[AsyncIterator[bytes], Any], Any]


class BrokenOff(BadRequest):
    """A call was over before its message was here."""

    code = "broken_off"


class Rpc:
    """Serves OTLP over gRPC beside the web server of the same process."""

    def __init__(self, intake: Intake) -> None:
        """Serve nothing yet.

        Args:
            intake: the process's, shared with the face over HTTP: one set of keys, limits and counts.
        """
        self._intake = intake
        self._readers = asyncio.Semaphore(_READERS)
        self._server: grpc.aio.Server | None = None

    async def start(self, address: str) -> bool:
        """Listen; False where the port is taken, which is logged: HTTP goes on without.

        Args:
            address: ``HOST:PORT``.
        """
        server = grpc.aio.server(
            options=[
                ("grpc.max_receive_message_length", limit() + limit() // _MARGIN),
                # Two servers of one machine would otherwise share a port, and each get half of the other's spans.
                ("grpc.so_reuseport", 0),
            ]
        )
        # Messages stay bytes: the protocols read them.
        server.add_generic_rpc_handlers(
            [
                grpc.method_handlers_generic_handler(
                    name, {"Export": grpc.stream_unary_rpc_method_handler(self._export_of(kind()))}
                )
                for name, kind in SERVICES.items()
            ]
        )
        try:
            server.add_insecure_port(address)
        except RuntimeError as fault:
            log.warning(
                "OTLP over gRPC is not served: %s cannot be listened on (%s); ASSAY_GRPC_PORT chooses another port,"
                " 0 turns it off",
                address,
                fault,
            )
            return False
        await server.start()
        self._server = server
        return True

    async def stop(self) -> None:
        """Take no more, and wait a little for what is under way."""
        if self._server is not None:
            await self._server.stop(_GRACE_S)

    def _export_of(self, protocol: Protocol) -> _Export:
        async def export(messages: AsyncIterator[bytes], context: Any) -> bytes:
            headers = {name.lower(): text for name, text in context.invocation_metadata() if isinstance(text, str)}
            call = Call(Match(protocol), headers, PROTOBUF)
            try:
                answer = await self._take(call, messages)
            except AssayError as error:
                refused = error
            except asyncio.CancelledError:
                raise  # the client left, or its time is over
            except Exception:
                log.exception("a call to %s failed", protocol.name)
                refused = AssayError("the server failed at this request; its log says why")
            else:
                counters.REQUESTS.labels(protocol.name, str(answer.status)).inc()
                return answer.body
            if refused.status >= 500:
                log.warning("%s: %s", protocol.name, refused)
            counters.REQUESTS.labels(protocol.name, str(refused.status)).inc()
            await _refuse(context, refused)
            raise AssertionError("abort never returns")

        return export

    async def _take(self, call: Call, messages: AsyncIterator[bytes]) -> Answer:
        sender = await self._intake.sender(call.headers)
        sender.check()

        async def read(room: Room | None) -> bytes:
            async with self._readers:
                try:
                    raw = await asyncio.wait_for(anext(messages), _READ_S)
                except StopAsyncIteration:
                    # gRPC tells this face alike of a message that it refused and of a client that left. Nothing may be
                    # waited for before it is counted: gRPC is about to cancel this call.
                    raise BrokenOff(
                        f"the call ended without a message: it is larger than {mib(limit())}"
                        " (ASSAY_INGEST_BODY_LIMIT_MIB), or the client gave up"
                    ) from None
                except TimeoutError:
                    raise BrokenOff(f"the message did not come within {_READ_S:.0f} s") from None
            if len(raw) > limit():
                raise too_large(len(raw), limit(), exact=True)
            return await given(raw)(room)

        return await self._intake.answer(call, sender, read)


async def _refuse(context: Any, error: AssayError) -> None:
    """Answer with an error; where the call is over there is nobody to hear it."""
    try:
        await context.abort(_CODES[fault_matrix.grpc_code(error)], str(error), fault_matrix.trailing(error))
    except grpc.aio.InternalError:
        raise asyncio.CancelledError from None
