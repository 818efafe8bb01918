"""One file per noun; a handler parses, asks a port, and answers. No domain rule stands here."""
