"""The checker of a round: it knows what clients and receivers wrote down and what the database holds, and nothing of the product."""
