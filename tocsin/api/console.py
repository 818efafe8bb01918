"""Serve the built console: files as they are, every other address the page, which routes by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import FastAPI
from fastapi.responses import FileResponse, Response
from starlette.exceptions import HTTPException

RESERVED: Final = ("api/", "healthz", "readyz", "metrics")
"""Addresses that are never the page: an unknown one there is an error."""


def install(app: FastAPI, directory: Path) -> None:
    """Add the console to an application, after all other routes."""
    root = directory.resolve()
    files = {
        path.relative_to(root).as_posix(): path
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.resolve().is_relative_to(root)
    }

    @app.get("/{path:path}", include_in_schema=False, operation_id="console")
    async def console(path: str) -> Response:
        """Give a file of the console, or the page."""
        found = files.get(path)
        if found is not None and path != "index.html":
            hashed = path.startswith("assets/")
            rule = "public, max-age=31536000, immutable" if hashed else "no-cache"
            return FileResponse(found, headers={"Cache-Control": rule})
        if (
            path.startswith(RESERVED)
            or path == "api"
            or ("." in path.rsplit("/", 1)[-1] and path != "index.html")
        ):
            raise HTTPException(404)
        return FileResponse(files["index.html"], headers={"Cache-Control": "no-cache"})
