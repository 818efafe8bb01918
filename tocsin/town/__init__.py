"""Who and where: grids, people, duty, accounts."""
