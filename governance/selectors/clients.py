"""API clients as the token endpoint meets them."""

from governance.statements import fetch_one


def enter_by_client(public_id: str) -> bool:
    """Enter the workspace of an active client known by its public id; false if there is none."""
    row = fetch_one("SELECT aios_enter_by_client(%(client)s::text) AS is_known", {"client": public_id})
    return bool(row and row["is_known"])
