"""In-memory twins of the ports, under the same contract tests as the real ones."""
