"""The product: items, queues, reviews, decisions, datasets."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class ReviewConfig(AppConfig):
    """Application configuration of review."""

    name = "review"
    verbose_name = gettext_lazy("Queues and review")

    def ready(self) -> None:
        """Tell routing which items no figure may tell of: its workers ask without any of review's pages."""
        # Models can be imported from here on.
        from review.selectors.veil import withheld_from_somebody  # noqa: PLC0415
        from routing.selectors import withheld  # noqa: PLC0415

        withheld.use(withheld_from_somebody)
