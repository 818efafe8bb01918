"""The database: schema as prose, named queries, one adapter per port, an in-memory twin of each."""
