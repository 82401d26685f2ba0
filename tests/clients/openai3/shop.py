"""The one tool of the agents here."""


def lookup_order(order_id: str) -> str:
    """Look an order up."""
    return f"{order_id} ships tomorrow"
