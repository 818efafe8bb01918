"""One adapter per kind of sensor; each hands readings to the intake."""
