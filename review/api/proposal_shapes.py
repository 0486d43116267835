"""Shapes of policy versions and proposals, for the API's documentation."""

from rest_framework import serializers

from governance.api.shapes import JsonObject, Shape
from routing.domain.policy_diff import Effect
from routing.selectors.proposal_acts import Act
from routing.services.limit_rows import REASON_LENGTH


class ProposerShape(Shape):
    """Somebody, under the name that the trail knows them by."""

    pseudonym = serializers.UUIDField()
    name = serializers.CharField(allow_blank=True, help_text="Empty for the product itself.")


class ChangeShape(Shape):
    """One thing that differs between two policies."""

    pointer = serializers.CharField(help_text="JSON Pointer into the later policy; into the earlier where it is gone.")
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)
    was_there = serializers.BooleanField()
    is_there = serializers.BooleanField()
    effect = serializers.ChoiceField([one.value for one in Effect], help_text="Looser: more is accepted automatically.")


class ProposalShape(Shape):
    """A policy version on its way into force, and how it ended."""

    id = serializers.UUIDField()
    workflow = serializers.CharField()
    kind = serializers.ChoiceField(["change", "return", "at_once"])
    state = serializers.ChoiceField(
        ["proposed", "approved", "staged", "full", "replaced", "rolled_back", "refused", "withdrawn"]
    )
    share = serializers.FloatField(help_text="The share of items that it routes, or routed last.")
    policy = serializers.CharField()
    number = serializers.IntegerField()
    policy_version = serializers.UUIDField()
    base_number = serializers.IntegerField(allow_null=True, help_text="The version that it changes.")
    base_policy_version = serializers.UUIDField(allow_null=True)
    outdated = serializers.BooleanField(help_text="Another version is in force than the one that it changes.")
    waits_for_approval = serializers.BooleanField()
    reason = serializers.CharField()
    end_reason = serializers.CharField(allow_blank=True)
    preview = JsonObject()
    replay = serializers.UUIDField(allow_null=True)
    proposed_by = ProposerShape()
    proposed_at = serializers.DateTimeField()
    approved_by = ProposerShape(allow_null=True)
    approved_at = serializers.DateTimeField(allow_null=True)
    staged_at = serializers.DateTimeField(allow_null=True)
    in_force_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    changes = ChangeShape(many=True)
    can = serializers.ListField(child=serializers.ChoiceField([act.value for act in Act]))


class ProposalsShape(Shape):
    """A workflow's proposals, the newest first; at most 200."""

    approval_asked = serializers.BooleanField(help_text="Whether a second person approves policies here.")
    proposals = ProposalShape(many=True)


class NewProposalShape(Shape):
    """What is proposed: one of `body`, `code` and `policy_version`, and why."""

    reason = serializers.CharField(max_length=REASON_LENGTH)
    body = serializers.DictField(required=False, help_text="The whole policy.")
    code = serializers.CharField(required=False, help_text="The whole policy as YAML, as it is exported.")
    policy_version = serializers.UUIDField(required=False, help_text="A version that there is.")
    policy = serializers.CharField(required=False, max_length=120, help_text="The line; else that in force.")
    preview = serializers.DictField(required=False, help_text="What the proposer saw of the consequences.")
    replay = serializers.UUIDField(required=False)


class StageShape(Shape):
    """How many items the version is to route."""

    share = serializers.ChoiceField([0.05, 0.25, 1])


class VersionLineShape(Shape):
    """A policy version in a list."""

    id = serializers.UUIDField()
    policy = serializers.CharField()
    number = serializers.IntegerField()
    note = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    in_force = serializers.BooleanField()
    staged = serializers.BooleanField()
    was_in_force = serializers.BooleanField()
    proposed = serializers.BooleanField()


class VersionsShape(Shape):
    """A workflow's policy versions, the newest first."""

    versions = VersionLineShape(many=True)


class VersionShape(VersionLineShape):
    """A policy version with its content."""

    body = JsonObject()
    code = serializers.CharField(help_text="The same as YAML.")


class DiffShape(Shape):
    """How one version differs from another."""

    before = VersionLineShape()
    after = VersionLineShape()
    changes = ChangeShape(many=True)
