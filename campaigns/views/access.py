"""Who may see a page. A view without a rule is refused by a test, and without log-in by the middleware."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

View = Callable[..., HttpResponseBase]


def requires(permission: str) -> Callable[[View], View]:
    """Let only people with this permission in; 403 for the others."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.required = permission  # type: ignore[attr-defined]
        return guarded

    return guard
