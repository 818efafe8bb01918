"""The watcher: a process of its own that sees when the centre does not do its work, and pages by its own channels."""
