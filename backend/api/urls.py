"""Addresses of the JSON API."""

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.views import SpectacularJSONAPIView

from backend.api import arrivals, detectors, flags, keys, overview, review, scores, status, topic_deeds, topics, traces

urlpatterns: list[URLPattern | URLResolver] = [
    path(
        "api/v1/openapi.json",
        SpectacularJSONAPIView.as_view(permission_classes=[], authentication_classes=[]),
        name="openapi",
    ),
    path("api/v1/overview", overview.OverviewView.as_view(), name="api_overview"),
    path("api/v1/traces", traces.Traces.as_view(), name="api_traces"),
    path("api/v1/traces/<str:trace_id>", traces.Trace.as_view(), name="api_trace"),
    path("api/v1/traces/<str:trace_id>/spans/<str:span_id>", traces.Span.as_view(), name="api_span"),
    path("api/v1/scores", scores.Scores.as_view(), name="api_scores"),
    path("api/v1/topics", topics.Topics.as_view(), name="api_topics"),
    path("api/v1/topics/<int:number>", topics.TopicView.as_view(), name="api_topic"),
    path("api/v1/topics/<int:number>/rename", topic_deeds.RenameTopic.as_view(), name="api_rename_topic"),
    path("api/v1/topics/<int:number>/merge", topic_deeds.MergeTopic.as_view(), name="api_merge_topic"),
    path("api/v1/topics/<int:number>/split", topic_deeds.SplitTopic.as_view(), name="api_split_topic"),
    path("api/v1/topics/<int:number>/pin", topic_deeds.PinTopic.as_view(), name="api_pin_topic"),
    path("api/v1/topics/<int:number>/ignore", topic_deeds.IgnoreTopic.as_view(), name="api_ignore_topic"),
    path("api/v1/topics/<int:number>/conversations", topic_deeds.MoveConversations.as_view(), name="api_move_to_topic"),
    path("api/v1/topic-decisions", topic_deeds.TopicDecisions.as_view(), name="api_topic_decisions"),
    path(
        "api/v1/topic-decisions/<int:deed_id>/undo",
        topic_deeds.UndoTopicDecision.as_view(),
        name="api_undo_topic_decision",
    ),
    path("api/v1/flags", flags.Flags.as_view(), name="api_flags"),
    path("api/v1/detectors", detectors.Detectors.as_view(), name="api_detectors"),
    path("api/v1/detectors/<str:name>", detectors.DetectorView.as_view(), name="api_detector"),
    path("api/v1/detectors/<str:name>/thresholds", detectors.Thresholds.as_view(), name="api_detector_thresholds"),
    path("api/v1/review/queues", review.ReviewQueues.as_view(), name="api_review_queues"),
    path("api/v1/review/items", review.ReviewItems.as_view(), name="api_review_items"),
    path("api/v1/review/items/<int:item_id>", review.ReviewItemView.as_view(), name="api_review_item"),
    path("api/v1/review/items/<int:item_id>/verdict", review.GiveVerdict.as_view(), name="api_review_verdict"),
    path("api/v1/review/items/<int:item_id>/skip", review.SkipItem.as_view(), name="api_review_skip"),
    path("api/v1/review/verdicts", review.Verdicts.as_view(), name="api_verdicts"),
    path("api/v1/arrivals", arrivals.ArrivalsView.as_view(), name="api_arrivals"),
    path("api/v1/keys", keys.Keys.as_view(), name="api_keys"),
    path("api/v1/keys/<int:key_id>", keys.LimitKey.as_view(), name="api_limit_key"),
    path("api/v1/keys/<int:key_id>/rotate", keys.RotateKey.as_view(), name="api_rotate_key"),
    path("api/v1/keys/<int:key_id>/revoke", keys.RevokeKey.as_view(), name="api_revoke_key"),
    path("api/v1/status", status.StatusView.as_view(), name="api_status"),
]
