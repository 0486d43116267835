"""Shapes of certificates, for the API's documentation."""

from rest_framework import serializers

from governance.api.shapes import JsonObject, NamedShape, Shape


class VoidShape(Shape):
    """What ended a certificate before its time."""

    cause = serializers.ChoiceField(["model", "drift", "contract", "owner"])
    reason = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()


class LogEventShape(Shape):
    """The event of the audit log that tells of it."""

    id = serializers.IntegerField()
    stream_seq = serializers.IntegerField()
    recorded_at = serializers.DateTimeField()


class CertificateLineShape(Shape):
    """A certificate in a list."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    workflow = NamedShape()
    state = serializers.ChoiceField(["valid", "expired", "void", "outdated"])
    target = serializers.FloatField()
    threshold = serializers.FloatField()
    n = serializers.IntegerField()
    wrong = serializers.IntegerField()
    bound = serializers.FloatField()
    coverage = serializers.FloatField()
    issued_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    void = VoidShape(allow_null=True)


class CertificatesShape(Shape):
    """Certificates, newest first."""

    certificates = CertificateLineShape(many=True)


class CertificateShape(CertificateLineShape):
    """One certificate with all that it rests on."""

    model_version = serializers.UUIDField()
    policy_version = serializers.UUIDField()
    contract = serializers.UUIDField()
    segment = serializers.CharField(allow_blank=True)
    delta = serializers.FloatField()
    attempt = serializers.IntegerField()
    method = serializers.CharField()
    label_thresholds = JsonObject()
    p_value = serializers.FloatField()
    details = JsonObject(help_text="Days, sample rate, grid, by label, human error, and what things were called.")
    data_sha256 = serializers.CharField()
    event = LogEventShape(allow_null=True)
