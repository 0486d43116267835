"""Addresses outside of a workspace: the start, the choice, invitations."""

from django.urls import path

from governance.views import accounts, health

app_name = "governance"

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", accounts.home, name="home"),
    path("w/", accounts.pick_workspace, name="pick_workspace"),
    path("invitations/<str:token>/", accounts.InvitationView.as_view(), name="invitation"),
]
