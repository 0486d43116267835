"""Stores the cast of the tests in the database of the environment and prints a token per role: `python -m tests.furnish`."""

import json
import os
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aios_site.settings")


def main() -> None:
    """Furnish."""
    django.setup()
    from django.db import transaction
    from django.utils import timezone

    from governance.domain import Role, uuid7
    from governance.models import PersonToken
    from governance.selectors.principals import token_digest
    from tests.conftest import build_house

    tokens = {}
    with transaction.atomic():
        house = build_house()
        for role in Role:
            membership = house.membership(house.people[role.value])
            tokens[role.value] = f"test-{uuid7()}"
            PersonToken.objects.create(
                token_hash=token_digest(tokens[role.value]),
                workspace=membership.workspace,
                membership=membership,
                expires_at=timezone.now() + timedelta(hours=1),
            )
    print(json.dumps(tokens))


if __name__ == "__main__":
    main()
