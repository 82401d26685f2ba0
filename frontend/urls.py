"""Addresses of pages."""

from django.contrib.auth import views as auth
from django.urls import URLPattern, URLResolver, path, register_converter

from frontend.pages import (
    conversation,
    home,
    overview,
    person,
    review,
    settings,
    setup,
    sign_in,
    topic,
    topics,
    trace,
    traces,
)
from frontend.pages.trace_address import AnyId
from frontend.stylesheet import stylesheet

register_converter(AnyId, "id")

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("assay.<slug:digest>.css", stylesheet, name="stylesheet"),
    path("sign-in", sign_in.SignIn.as_view(), name="sign_in"),
    path("sign-out", sign_in.SignOut.as_view(), name="sign_out"),
    path("password", auth.PasswordChangeView.as_view(success_url="/password/done"), name="password_change"),
    path("password/done", auth.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("p/<slug:slug>/", overview.overview, name="overview"),
    path("p/<slug:slug>/palette", home.palette, name="palette"),
    path("p/<slug:slug>/setup", setup.setup, name="setup"),
    path("p/<slug:slug>/setup/waiting", setup.waiting, name="setup_waiting"),
    path("p/<slug:slug>/settings", settings.settings, name="settings"),
    path("p/<slug:slug>/settings/keys", settings.mint_key, name="mint_key"),
    path("p/<slug:slug>/settings/keys/<int:key_id>/revoke", settings.revoke_key, name="revoke_key"),
    path("p/<slug:slug>/settings/people", settings.add_person, name="add_person"),
    path("p/<slug:slug>/settings/people/<int:user_id>/remove", settings.remove_person, name="remove_person"),
    path("p/<slug:slug>/traces", traces.traces, name="traces"),
    path("p/<slug:slug>/traces/<id:trace_id>", trace.trace, name="trace"),
    path("p/<slug:slug>/conversations/<id:conversation_id>", conversation.conversation, name="conversation"),
    path("p/<slug:slug>/users/<id:user_id>", person.person, name="person"),
    path("p/<slug:slug>/trace-facets/<str:name>", traces.trace_facet, name="trace_facet"),
    path("p/<slug:slug>/trace-count", traces.trace_count, name="trace_count"),
    path("p/<slug:slug>/trace-news", traces.trace_news, name="trace_news"),
    path("p/<slug:slug>/trace-review", traces.trace_review, name="trace_review"),
    path("p/<slug:slug>/review", review.review, name="review"),
    path("p/<slug:slug>/review/<slug:queue>", review.review_queue, name="review_queue"),
    path("p/<slug:slug>/review/<slug:queue>/undo", review.review_undo, name="review_undo"),
    path("p/<slug:slug>/review/<slug:queue>/<int:item_id>", review.review_item, name="review_item"),
    path("p/<slug:slug>/review/<slug:queue>/<int:item_id>/verdict", review.review_verdict, name="review_verdict"),
    path("p/<slug:slug>/review/<slug:queue>/<int:item_id>/skip", review.review_skip, name="review_skip"),
    path("p/<slug:slug>/topics", topics.topics, name="topics"),
    path("p/<slug:slug>/topics/<int:number>", topic.topic, name="topic"),
    path("p/<slug:slug>/topics/<int:number>/rename", topic.rename_topic, name="rename_topic"),
]
