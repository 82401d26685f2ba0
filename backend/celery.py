"""The worker's application: which broker, which beat. Messages are pokes only; what is to do stands in the stores.

A message may be lost or come twice: beat pokes again three seconds later, and a task looks for itself what is new.
So there is no result backend, nothing is acknowledged late, and a poke that waited too long is dropped.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

from backend.env import Env, env
from backend.health import pulse

TICK_S = 3.0
CLEAR_S = 86_400.0
"""Attachments are looked through once a day; beat remembers over a restart when that was."""


def broker(settings: Env) -> dict[str, Any]:
    """Where pokes go: folders in the home folder, or the server that the settings name."""
    if settings.broker_url:
        return {"broker_url": settings.broker_url, "broker_transport_options": {"visibility_timeout": 3600}}
    folder = settings.home / "broker"
    for name in ("queue", "control"):
        (folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    return {
        "broker_url": settings.resolved_broker_url,
        "broker_transport": "backend.jobs.folder:Transport",
        "broker_transport_options": {
            "data_folder_in": str(folder / "queue"),
            "data_folder_out": str(folder / "queue"),
            "control_folder": str(folder / "control"),
            "store_processed": False,
            "polling_interval": 0.5,
        },
    }


def application(settings: Env) -> Celery:
    """Make the application for these settings."""
    made = Celery("assay")
    made.conf.update(
        **broker(settings),
        broker_connection_retry_on_startup=True,
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_default_queue="assay",
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        timezone="UTC",
        beat_schedule={
            "tick": {"task": "analytics.tasks.tick", "schedule": TICK_S, "options": {"expires": TICK_S}},
            "clear_attachments": {
                "task": "analytics.tasks.clear_attachments",
                "schedule": CLEAR_S,
                "options": {"expires": CLEAR_S / 2},
            },
        },
    )
    made.autodiscover_tasks()
    return made


app = application(env())
pulse.listen()
