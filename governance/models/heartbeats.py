"""When the background loops last did their work; the installation's, no workspace's."""

from django.db import models


class Heartbeat(models.Model):
    """One loop's last completed round: sweeper, relay, deliverer, ticker, or a task that went through broker and worker."""

    name = models.CharField(primary_key=True, max_length=32)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
