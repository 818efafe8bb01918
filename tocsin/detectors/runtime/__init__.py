"""Sessions of models: the only part of the detectors that opens a file or a library of its own."""
