"""Steps from one version of the schema to the next; never edited, only followed."""
