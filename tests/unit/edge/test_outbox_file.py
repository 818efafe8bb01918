from __future__ import annotations

import sqlite3
from pathlib import Path


def waiting_in(path: Path) -> int:
    db = sqlite3.connect(path)
    try:
        return int(db.execute("select count(*) from envelope").fetchone()[0])
    finally:
        db.close()
