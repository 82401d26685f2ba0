"""Addresses of pages."""

from django.contrib.auth import views as auth
from django.urls import URLPattern, URLResolver, path

from frontend.pages import home, overview, review, settings, setup, sign_in

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
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
    path("p/<slug:slug>/review", review.review, name="review"),
    path("p/<slug:slug>/review/<slug:queue>", review.review_queue, name="review_queue"),
    path("p/<slug:slug>/review/<slug:queue>/undo", review.review_undo, name="review_undo"),
    path("p/<slug:slug>/review/<slug:queue>/<int:item_id>", review.review_item, name="review_item"),
    path("p/<slug:slug>/review/<slug:queue>/<int:item_id>/verdict", review.review_verdict, name="review_verdict"),
    path("p/<slug:slug>/review/<slug:queue>/<int:item_id>/skip", review.review_skip, name="review_skip"),
]
