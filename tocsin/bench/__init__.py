"""Measurements on this machine: speed and lateness, never part of a timed test."""
