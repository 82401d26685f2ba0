"""Messages arrive, are tried again, and go to no place inside the own network unasked."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.core import mail

from analytics.alerts import deliver, targets
from backend.alerts.models import Alert, Channel, Delivery, Rule
from backend.env import env
from backend.errors import BadRequest
from tests.analytics.alerts.conftest import END, HOUR, NOW
from tests.conftest import Cast


@dataclass
class Hook:
    """A server on loopback that answers as told and keeps what it got."""

    url: str = ""
    status: int = 200
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    """Webhooks may go to loopback here."""
    found = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(found.status)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Keep still."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_port}/hook?team=1"
    allowed = replace(env(), alerts_private_targets=True)
    monkeypatch.setattr(targets, "env", lambda: allowed)
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def alert(cast: Cast) -> Alert:
    """A rise of the error rate, with a hostile name."""
    rule = Rule.objects.create(project=cast.project, name="Errors", metric="error_rate", model="<!channel> & co")
    return Alert.objects.create(
        rule=rule, kind="rise", started_at=END - 3 * HOUR, told_at=END, last_at=END, strength=1.4,
        observed=0.093, expected=0.031, size=900,
    )  # fmt: skip


def waiting(alert: Alert, kind: str, target: str) -> Delivery:
    """A message that is due."""
    channel = Channel.objects.create(
        project=alert.rule.project, name="Ops", kind=kind, target=target, signing_secret="s3cret"
    )
    return Delivery.objects.create(alert=alert, channel=channel, event="opened", next_at=NOW)


def test_a_webhook_gets_signed_json(alert: Alert, hook: Hook) -> None:
    """Whoever knows the secret can tell that it came from us."""
    one = waiting(alert, "webhook", hook.url)
    assert deliver.is_due(NOW)
    assert deliver.deliver(NOW) == {"sent": 1, "waiting": 0, "failed": 0}
    headers, body = hook.got[0]
    told = json.loads(body)
    assert (told["type"], told["kind"], told["observed"]) == ("alert.opened", "rise", 0.093)
    assert "9.3 % where 3.1 % were to be expected, ×3, over 3 hours" in told["text"]
    assert told["url"].endswith(f"/p/acme/alerts/{alert.pk}")
    assert headers["x-assay-signature"] == "sha256=" + hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
    one.refresh_from_db()
    assert one.state == "sent"
    assert deliver.deliver(NOW)["sent"] == 0
    assert len(hook.got) == 1


def test_a_chat_gets_text_that_calls_nobody(alert: Alert, hook: Hook) -> None:
    """Names out of telemetry are escaped."""
    waiting(alert, "slack", hook.url)
    deliver.deliver(NOW)
    text = json.loads(hook.got[0][1])["text"]
    assert "&lt;!channel&gt; &amp; co" in text
    assert "<!channel>" not in text


def test_a_mail_is_one_line_and_a_link(alert: Alert) -> None:
    """Line breaks in a name make no further headers."""
    Rule.objects.update(model="a\nBcc: x@example.com")
    waiting(alert, "email", "ops@example.com")
    deliver.deliver(NOW)
    (sent,) = mail.outbox
    assert sent.to == ["ops@example.com"]
    assert "\n" not in sent.subject
    assert f"/p/acme/alerts/{alert.pk}" in sent.body


@pytest.mark.parametrize("status", [302, 404, 500])
def test_what_does_not_arrive_is_tried_again_and_then_given_up(alert: Alert, hook: Hook, status: int) -> None:
    """Six attempts over about nine hours; a redirect is not followed."""
    hook.status = status
    one = waiting(alert, "webhook", hook.url)
    now, waits = NOW, []
    for _ in range(6):
        deliver.deliver(now)
        one.refresh_from_db()
        waits.append(one.next_at - now)
        now = one.next_at
    assert waits[:5] == [timedelta(minutes=m) for m in (1, 5, 30, 120, 360)]
    assert (one.state, one.attempts, len(hook.got)) == ("failed", 6, 6)
    assert f"answered {status}" in one.error
    assert f"answered {status}" in one.channel.__class__.objects.get(pk=one.channel_id).last_error


def test_a_message_that_is_being_sent_is_not_sent_twice(
    alert: Alert, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second worker that read it before loses the claim."""
    one = waiting(alert, "webhook", hook.url)
    real = deliver.send

    def meanwhile(*args: Any) -> None:
        assert deliver.deliver(NOW) == {"sent": 0, "waiting": 0, "failed": 0}
        real(*args)

    monkeypatch.setattr(deliver, "send", meanwhile)
    deliver.deliver(NOW)
    one.refresh_from_db()
    assert (one.state, len(hook.got)) == ("sent", 1)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "https://",
        "nonsense",
        "https://user:pw@example.com/",
        "http://example.com/",
        "https://[::1",
    ],
)
def test_addresses_that_can_never_work_are_refused(url: str) -> None:
    """At once and with the reason."""
    with pytest.raises(BadRequest):
        targets.check(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.8", "169.254.169.254", "::1", "::ffff:10.0.0.8"])
def test_places_inside_the_own_network_are_refused(host: str) -> None:
    """Whatever spelling they have; only a setting allows them."""
    with pytest.raises(targets.Refused, match="private network"):
        targets.resolve(host, 443)
