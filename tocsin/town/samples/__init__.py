"""Catalogues to begin with, as files."""
