"""A portal with two screens and the admin site: the navigation must do with what is there."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path


def nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path("", nothing, name="dashboard"),
    path("contacts/", nothing, name="contact_list"),
    path("admin/", admin.site.urls),
]
