"""Sign-in and sign-out."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import views
from django.contrib.auth.forms import AuthenticationForm
from django.core.cache import cache
from django.core.exceptions import ValidationError

TRIES = 10
WINDOW_S = 300


class SignInForm(AuthenticationForm):
    """Address and password; after ten failures in five minutes an address has to wait."""

    def clean(self) -> dict[str, Any]:
        """Check the pair, unless too many checks failed lately."""
        address = str(self.cleaned_data.get("username") or "").strip().lower()
        key = f"sign-in:{address}"
        if cache.get(key, 0) >= TRIES:
            raise ValidationError(f"Too many tries for this address; wait {WINDOW_S // 60} minutes.", code="too_many")
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValidationError:
            cache.add(key, 0, WINDOW_S)
            cache.incr(key)
            raise
        cache.delete(key)
        return cleaned


class SignIn(views.LoginView):
    """The page that asks for address and password."""

    authentication_form = SignInForm
    redirect_authenticated_user = True


class SignOut(views.LogoutView):
    """Ends the visit; by POST only."""
