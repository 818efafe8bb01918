"""The vocabulary: values that cross a folder boundary, the wire, the clock, the kinds of error.

Imports nothing of ours.
"""
