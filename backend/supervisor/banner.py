"""What people read once everything answers."""

from __future__ import annotations

from collections.abc import Mapping

from backend.env import Env


def banner(env: Env, sign_in: Mapping[str, str], seconds: float | None) -> str:
    """The address and the sign-in.

    Args:
        env: the settings.
        sign_in: what provisioning told: ``email``, ``password`` if one was just made, slugs ``project`` and ``sample``.
        seconds: how long the start took; None where it did not succeed.
    """
    base = env.base_url
    rows = [("sign in", sign_in.get("email", ""))]
    if sign_in.get("password"):
        rows.append(("password", f"{sign_in['password']}   shown this once; another: manage.py changepassword"))
    if seconds is not None:
        if sign_in.get("project"):
            rows.append(("your key", f"{base}/p/{sign_in['project']}/setup"))
        if sign_in.get("sample"):
            rows.append(("sample", f"{base}/p/{sign_in['sample']}/"))
        rows += [("send to", f"{base}/v1/traces"), ("kept in", str(env.home)), ("stop", "Ctrl-C")]
    head = (
        f"Assay answers at {base} after {seconds:.1f} s"
        if seconds is not None
        else "Assay did not start, but this was made:"
    )
    body = "".join(f"    {name:<10}{value}\n" for name, value in rows if value)
    return f"\n  {head}\n\n{body}\n"
