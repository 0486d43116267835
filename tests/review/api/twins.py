"""Two items that differ in their fate alone, under a blind review."""

from dataclasses import dataclass, field

from review.models import Item, Review
from routing.services.releases import propose
from tests.certified import certificate_row
from tests.conftest import House
from tests.delivering import publish
from tests.review.services.test_datasets import freeze
from tests.routing.services.replaying import replayed

# Two labels that models suggest and one that nobody does: wherever labels are listed, all three stand equally often.
SUGGESTED, CONTROL = {"zanzibar": 0.9713, "quokka": 0.4137}, "okapi"


@dataclass
class Twins:
    """Both items, and everything that has an id because of them; their names are those of the labels in SUGGESTED."""

    house: House
    items: dict[str, Item] = field(default_factory=dict)
    fences: dict[str, int] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)
    decisions: dict[str, str] = field(default_factory=dict)

    def review(self, label: str) -> Review:
        """Return the blind review of a twin."""
        self.house.enter()
        return Review.objects.filter(item=self.items[label]).latest("round")

    def names(self, label: str) -> dict[str, str]:
        """Return what a twin is called, and what it is called when it is compared."""
        item, review = self.items[label], self.review(label)
        named = {str(item.id): "ITEM", item.external_id: "EXTERNAL", str(review.id): "REVIEW"}
        return named | ({self.decisions[label]: "DECISION"} if label in self.decisions else {})

    def ids(self, label: str) -> dict[str, str]:
        """Return what stands in addresses for a twin."""
        review = str(self.review(label).id)
        own = {"<uuid:item_id>": str(self.items[label].id), "<uuid:review_id>": review}
        return own | {"<uuid:decision_id>": self.decisions.get(label, review)}


def two_items(house: House, labels: dict[str, str]) -> Twins:
    """Take both twins in, the model's label for each as given, and let everything follow."""
    made = Twins(house)
    for name, confidence in SUGGESTED.items():
        (item_id,) = house.in_review("the lighthouse keeper wrote", label=labels[name], confidence=confidence)
        made.items[name] = Item.objects.get(id=item_id)
    assert [item.state for item in made.items.values()] == ["resolved", "in_review"]
    publish(house)
    freeze(house)
    replayed(house, {"default_threshold": 0.3, "queue": "triage"})
    certificate_row(house)
    propose(
        actor=house.actor(house.owner),
        workflow=house.workflow,
        body={"default_threshold": 0.3, "queue": "triage"},
        reason="Try it",
    )
    return made
