import gzip
import json
from pathlib import Path

import pytest
from flask import Flask

from regservice.web import assets
from tests.browser_support import PROJECT_ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with one style that names one of the fonts; the packages are the real ones."""
    (tmp_path / "node_modules").symlink_to(PROJECT_ROOT / "node_modules")
    static = tmp_path / "regservice" / "web" / "static"
    static.mkdir(parents=True)
    (static / "site.css").write_text(
        "@font-face { src: url(fira-sans-400.woff2) } i { background: url(data:image/png,x) }"
    )
    return tmp_path


def built(checkout: Path) -> tuple[Path, dict[str, str]]:
    assets.build_assets(checkout)
    folder = checkout / "regservice" / "web" / "static_built"
    return folder, json.loads((folder / "manifest.json").read_text())


def app_with(folder: Path) -> Flask:
    app = Flask("sample", static_folder=None)
    assets.register(app, folder)
    return app


def test_a_changed_file_gets_a_new_name_and_the_others_keep_theirs(checkout: Path):
    _, before = built(checkout)
    (checkout / "regservice" / "web" / "static" / "site.css").write_text("b { color: red }")
    folder, after = built(checkout)
    assert {name for name in before if before[name] != after[name]} == {"site.css"}
    assert not (folder / before["site.css"]).exists()


def test_styles_name_the_built_files_and_keep_data_urls(checkout: Path):
    folder, names = built(checkout)
    style = (folder / names["site.css"]).read_text()
    assert (
        style == f"@font-face {{ src: url({names['fira-sans-400.woff2']}) }} i {{ background: url(data:image/png,x) }}"
    )


def test_a_style_that_names_an_unknown_file_stops_the_build_and_keeps_the_old_one(checkout: Path):
    folder, before = built(checkout)
    (checkout / "regservice" / "web" / "static" / "site.css").write_text("i { background: url(missing.svg) }")
    with pytest.raises(KeyError, match=r"missing\.svg"):
        assets.build_assets(checkout)
    assert json.loads((folder / "manifest.json").read_text()) == before


def test_the_design_systems_licence_stays_with_its_copy(checkout: Path):
    folder, names = built(checkout)
    notice = (folder / names["kern.css"]).read_text().splitlines()[0]
    assert notice == f"/*! KERN UX (kern-ux.de), EUPL-1.2, licence: url({names['kern-license.md']}) */"
    assert (folder / names["kern-license.md"]).is_file()


def test_a_built_file_is_served_compressed_and_cached_for_ever(checkout: Path):
    folder, names = built(checkout)
    app = app_with(folder)
    with app.app_context():
        url = app.jinja_env.from_string("{{ asset('kern.css') }}").render()
    with app.test_client().get(url, headers={"Accept-Encoding": "gzip"}) as response:
        assert gzip.decompress(response.data) == (folder / names["kern.css"]).read_bytes()
        assert {name: response.headers.get(name) for name in EXPECTED_HEADERS} == EXPECTED_HEADERS
        assert "Access-Control-Allow-Origin" not in response.headers


EXPECTED_HEADERS = {
    "Content-Type": 'text/css; charset="utf-8"',
    "Content-Encoding": "gzip",
    "Cache-Control": "max-age=315360000, public, immutable",
    "Vary": "Accept-Encoding",
}


def test_start_is_refused_in_one_line_when_nothing_was_built(tmp_path: Path):
    with pytest.raises(assets.AssetsMissing, match=r"\AThe static files are not built yet: run `make setup`\.\Z"):
        app_with(tmp_path)
