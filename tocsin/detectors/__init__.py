"""Detectors: readings and pictures in, detections out; pure, so that a replay says the same again."""
