"""Shapes of workflows, datasets and attachments, for the API's documentation."""

from rest_framework import serializers

from governance.api.shapes import JsonObject, Shape
from review.api.shapes import LabelShape
from review.domain.preferences import MOST_BREAK_MIN, TEXT_SIZES


class MeShape(Shape):
    """The caller."""

    kind = serializers.ChoiceField(["person", "client"])
    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    role = serializers.CharField()
    workspace = serializers.UUIDField()


class WorkflowLineShape(Shape):
    """A workflow in a list."""

    key = serializers.CharField()
    name = serializers.CharField()
    state = serializers.CharField()
    fallback = serializers.CharField(allow_blank=True)
    takes_predictions = serializers.BooleanField()


class WorkflowsShape(Shape):
    """The workspace's workflows."""

    workflows = WorkflowLineShape(many=True)


class ContractShape(Shape):
    """The present contract."""

    version = serializers.CharField()
    input_schema = JsonObject()
    output_schema = JsonObject()
    labels = LabelShape(many=True)
    views = JsonObject()
    sensitive = serializers.ListField(child=serializers.CharField())


class WorkflowShape(WorkflowLineShape):
    """A workflow with its present contract."""

    contract = ContractShape(allow_null=True)


class NewDatasetShape(Shape):
    """Which answers a dataset is to hold."""

    workflow = serializers.CharField()
    period_from = serializers.DateTimeField()
    period_to = serializers.DateTimeField()


class DatasetShape(Shape):
    """A frozen set of labelled corrections."""

    id = serializers.UUIDField()
    workflow = serializers.CharField()
    number = serializers.IntegerField()
    period_from = serializers.DateTimeField()
    period_to = serializers.DateTimeField()
    frozen_at = serializers.DateTimeField()
    rows = serializers.IntegerField()


class DatasetsShape(Shape):
    """The workspace's datasets, newest first."""

    datasets = DatasetShape(many=True)


class AttachmentShape(Shape):
    """A stored file; refer to it from a payload by its hash."""

    sha256 = serializers.CharField()
    media_type = serializers.CharField()
    size = serializers.IntegerField()
    name = serializers.CharField(allow_blank=True)
    url = serializers.CharField()


class PreferencesShape(Shape):
    """A person's settings; `keys` names the keys that differ from the usual ones."""

    keys = serializers.DictField(child=serializers.CharField(max_length=1), required=False)
    text_size = serializers.ChoiceField(list(TEXT_SIZES), required=False)
    blur_images = serializers.BooleanField(required=False)
    grey_images = serializers.BooleanField(required=False)
    break_every_min = serializers.IntegerField(min_value=0, max_value=MOST_BREAK_MIN, required=False)
    language = serializers.CharField(max_length=16, required=False)
