from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.api import World


@pytest.fixture
def built(tmp_path: Path) -> Path:
    root = tmp_path / "console"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text("<title>Tocsin</title>")
    (root / "assets" / "index-1a2b.js").write_text("console.log(1)")
    (tmp_path / "secret.txt").write_text("secret")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    return root


@pytest.mark.parametrize("url", ["/", "/incidents/incident-1", "/index.html", "/sign-in?next=/"])
async def test_every_page_address_gives_the_page(built: Path, url: str) -> None:
    async with World(console=built).client() as client:
        answer = await client.get(url)
    assert (answer.status_code, answer.text) == (200, "<title>Tocsin</title>")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"].startswith("text/html")


async def test_hashed_files_are_kept_for_a_year(built: Path) -> None:
    async with World(console=built).client() as client:
        answer = await client.get("/assets/index-1a2b.js")
    assert "immutable" in answer.headers["cache-control"]
    assert "javascript" in answer.headers["content-type"]


@pytest.mark.parametrize("url", ["/assets/missing.js", "/api/nothing", "/api", "/favicon.ico"])
async def test_a_missing_file_or_route_is_not_answered_with_the_page(built: Path, url: str) -> None:
    async with World(console=built).client() as client:
        assert (await client.get(url)).status_code == 404


@pytest.mark.parametrize(
    "url", ["/link.txt", "/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt"]
)
async def test_nothing_outside_the_directory_is_given(built: Path, url: str) -> None:
    async with World(console=built).client() as client:
        answer = await client.get(url)
    assert "secret" not in answer.text


@pytest.mark.parametrize("there", [False, True])
async def test_without_a_built_console_the_api_stands_alone(tmp_path: Path, *, there: bool) -> None:
    directory = tmp_path if there else tmp_path / "missing"
    async with World(console=directory).client() as client:
        assert (await client.get("/")).status_code == 404
        assert (await client.get("/healthz")).status_code == 200
