"""People's names for topics; what the messages call a topic stays beside them."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.errors import BadRequest
from backend.topics.models import Topic, TopicDeed

LONGEST = 200


def rename(topic: Topic, name: str, by: User | str) -> bool:
    """Give a topic a name that survives every re-fit; an empty one gives the machine's name back.

    Returns:
        Whether anything changed.

    Raises:
        BadRequest: the name is too long.
    """
    author = by if isinstance(by, str) else by.email
    name = " ".join(name.replace("\x00", "").split())
    if len(name) > LONGEST:
        raise BadRequest(f"the name has {len(name)} characters; the limit is {LONGEST}")
    with transaction.atomic():
        # A fit may write to the same topic meanwhile: only what is named here is changed.
        current = Topic.objects.select_for_update().get(pk=topic.pk)
        if name == current.machine_name:
            name = ""
        if name == current.name_by_people:
            return False
        event = {
            "at": timezone.now().isoformat(),
            "event": "renamed",
            "topics": [],
            "was": current.name,
            "name": name or current.machine_name,
            "by": author,
        }
        TopicDeed.objects.create(
            project_id=current.project_id,
            kind=TopicDeed.Kind.RENAME,
            number=current.number,
            details={"was": current.name, "was_by_people": current.name_by_people, "name": event["name"]},
            by=author,
            is_applied=True,
        )
        current.name_by_people = name
        current.lineage = [*current.lineage, event]
        current.save(update_fields=["name_by_people", "lineage", "updated_at"])
    topic.refresh_from_db()
    return True
