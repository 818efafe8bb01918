"""One adapter per kind of camera; each hands masked JPEG pictures to the intake."""
