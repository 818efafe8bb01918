"""Tocsin: an alarm bell for villages.

The sub-packages are the map of `docs/architecture.md`: `core` at the bottom, the stages
(`ingest`, `detectors`, `alerts`, `town`) above it, the faces (`api`, `edge`, `store`) above
those; the modules of this package wire them together and may import everything.
"""
