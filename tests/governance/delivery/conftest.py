"""Deliveries need the clock to go on and threads to see what is written: their rows are committed."""

import pytest
from django.db import connection, transaction

from routing.models import Workflow
from tests.conftest import House, build_house


@pytest.fixture
def town(live_db: None) -> House:
    """The cast, committed; the test's own connection stays in its workspace between transactions."""
    with transaction.atomic():
        house = build_house()
        Workflow.objects.update(hold_s=0)
        house.workflow.refresh_from_db()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.workspace', %s, false)", [str(house.workspace.id)])
    return house
