"""Alerts: what is not as usual, what is watched, and who is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from analytics.alerts import new_wants, rules, words
from analytics.alerts.answering import LONGEST_NOTE, answer
from analytics.alerts.preview import SHOWN_WEEKS, around, preview
from backend.alerts.models import Alert, Channel, Metric, Rule
from backend.errors import BadRequest, NotFound
from backend.projects.access import Access
from frontend.charts.alert_band import alert_band
from frontend.guard import person, project_page
from frontend.pages import alert_rule_form

_SHOWN = 100


@require_GET
@project_page
def alerts(request: HttpRequest, access: Access) -> HttpResponse:
    """List open and past alerts, rules and channels."""
    found = Alert.objects.filter(rule__project=access.project).select_related(
        "rule__project", "acknowledged_by", "emerging"
    )
    open_ = list(found.filter(ended_at=None))
    past = list(found.exclude(ended_at=None)[:_SHOWN])
    watched = Rule.objects.filter(project=access.project).prefetch_related("channels")
    context = {
        "page_title": "Alerts",
        "open_alerts": [_line(one) for one in open_],
        "past_alerts": [_line(one) for one in past],
        "rules": [{"rule": one, "subject": words.subject(one)} for one in watched],
        "channels": Channel.objects.filter(project=access.project),
        "channel_kinds": [{"value": value, "label": label} for value, label in Channel.Kind.choices],
        "period": None,
    }
    return render(request, "alerts/alerts.html", context)


@require_POST
@project_page
def watch_usual(request: HttpRequest, access: Access) -> HttpResponse:
    """Make the rules that suit any project, but for numbers that are watched already."""
    rules.watch_usual(access.project, person(request))
    return redirect("alerts", access.project.slug)


@require_GET
@project_page
def alert(request: HttpRequest, access: Access, alert_id: int) -> HttpResponse:
    """Show one alert: figures, the hours around it, who was told, and what people say."""
    one = _alert_of(access, alert_id)
    context = {
        "page_title": words.title(one),
        "alert": one,
        "title": words.title(one),
        "account": words.account(one),
        "subject": words.subject(one.rule),
        "chart": None if one.emerging else _band_around(one),
        "verdicts": Alert.Verdict.choices,
        "deliveries": one.deliveries.select_related("channel"),
        "period": None,
    }
    return render(request, "alerts/alert.html", context)


def _band_around(one: Alert) -> dict[str, Any]:
    found = around(one, timezone.now())
    return alert_band(one.rule, found, round((found.end - one.started_at).total_seconds() / 3600) + 168)


@require_POST
@project_page
def answer_alert(request: HttpRequest, access: Access, alert_id: int) -> HttpResponse:
    """Acknowledge an alert, or say what it was."""
    one = _alert_of(access, alert_id)
    verdict = request.POST.get("verdict", one.verdict)
    if verdict and verdict not in Alert.Verdict.values:
        raise BadRequest(f"verdict is {verdict[:20]!r}; it must be real, expected or false")
    note = request.POST.get("note", one.note).replace("\x00", "")[:LONGEST_NOTE]
    answer(one, person(request), timezone.now(), verdict=verdict, note=note)
    messages.success(request, "Kept. It will not be repeated to channels.")
    return redirect("alert", access.project.slug, one.pk)


@project_page
def new_rule(request: HttpRequest, access: Access) -> HttpResponse:
    """Fill in a rule, try it on the last weeks, save it."""
    return _edit(request, access, None)


@project_page
def edit_rule(request: HttpRequest, access: Access, rule_id: int) -> HttpResponse:
    """Change a rule."""
    return _edit(request, access, _rule_of(access, rule_id))


@require_POST
@project_page
def remove_rule(request: HttpRequest, access: Access, rule_id: int) -> HttpResponse:
    """Take a rule away, with its alerts."""
    rule = _rule_of(access, rule_id)
    rule.delete()
    messages.success(request, f"“{rule.name}” is no longer watched.")
    return redirect("alerts", access.project.slug)


@require_POST
@project_page
def switch_rule(request: HttpRequest, access: Access, rule_id: int) -> HttpResponse:
    """Switch a rule off, or on again: it then begins with the newest hours."""
    rule = _rule_of(access, rule_id)
    rules.switch(rule, not rule.is_enabled)
    return redirect("alerts", access.project.slug)


def _edit(request: HttpRequest, access: Access, rule: Rule | None) -> HttpResponse:
    if request.method not in {"GET", "POST"}:
        raise BadRequest("this address takes GET and POST")
    data = request.POST if request.method == "POST" else request.GET
    is_filled = request.method == "POST" or "metric" in request.GET
    if is_filled or rule is None:
        form = alert_rule_form.read(data, access.project, rule)
    else:
        form = alert_rule_form.RuleForm(rule, list(rule.channels.all()))
    if request.method == "GET" and rule is None and not is_filled:
        form.channels = list(Channel.objects.filter(project=access.project))
    if request.method == "POST" and not form.errors:
        return _save(request, access, form)
    context: dict[str, Any] = {
        "page_title": form.rule.name or "New rule",
        "form": form,
        "rule": form.rule,
        "effect_percent": round(100 * form.rule.min_effect),
        **alert_rule_form.choices(access.project),
        "period": None,
    }
    if is_filled and not form.errors and form.rule.metric == Metric.EMERGING:
        context["wants"] = list(new_wants.announced(form.rule, timezone.now() - timedelta(weeks=SHOWN_WEEKS)))
    elif is_filled and not form.errors:
        found = preview(form.rule, timezone.now())
        context["preview"] = found
        context["told"] = [{"change": one, "figures": _figures(form.rule, one)} for one in found.told[::-1]]
        context["chart"] = alert_band(form.rule, found, SHOWN_WEEKS * 168)
    return render(request, "alerts/rule.html", context, status=400 if request.method == "POST" else 200)


def _save(request: HttpRequest, access: Access, form: alert_rule_form.RuleForm) -> HttpResponse:
    rule = form.rule
    rules.keep(rule, form.channels, person(request))
    how = "as they are announced" if rule.metric == Metric.EMERGING else "hour by hour"
    messages.success(request, f"“{rule.name}” is watched from now on, {how}.")
    return redirect("alerts", access.project.slug)


def _line(one: Alert) -> dict[str, Any]:
    return {"alert": one, "title": words.title(one), "account": words.account(one)}


def _figures(rule: Rule, change: Any) -> dict[str, str]:
    return {
        "observed": words.figure(rule.metric, change.observed),
        "expected": words.figure(rule.metric, change.expected),
    }


def _alert_of(access: Access, alert_id: int) -> Alert:
    rows = Alert.objects.filter(rule__project=access.project, pk=alert_id)
    found = rows.select_related("rule__project", "emerging").first()
    if found is None:
        raise NotFound("there is no such alert")
    return found


def _rule_of(access: Access, rule_id: int) -> Rule:
    found = Rule.objects.filter(project=access.project, pk=rule_id).first()
    if found is None:
        raise NotFound("there is no such rule")
    return found
