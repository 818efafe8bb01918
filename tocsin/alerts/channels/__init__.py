"""Ways to reach people, one adapter per file; each reads what the provider says, not only the status."""
