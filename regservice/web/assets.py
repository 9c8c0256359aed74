"""Static files: copied at set-up under names that hold their content's hash, served with caching for ever.

The sources are our own `web/static/` and a few files of the packages in `node_modules`. A file that changes gets a new
name, so a browser never shows an old style beside a new page.
"""

import hashlib
import json
import re
import shutil
from pathlib import Path

from flask import Flask
from whitenoise import WhiteNoise
from whitenoise.compress import Compressor

STATIC_BUILT = Path(__file__).resolve().parent / "static_built"
URL_PREFIX = "/static/"

KERN = "node_modules/@kern-ux/native"
FIRA_SANS = "node_modules/@fontsource/fira-sans"
PACKAGE_FILES = {
    "kern.css": f"{KERN}/dist/kern.min.css",
    "kern-license.md": f"{KERN}/LICENSE.md",
    "fira-sans-license.txt": f"{FIRA_SANS}/LICENSE",
    "fira-sans-400.woff2": f"{FIRA_SANS}/files/fira-sans-latin-400-normal.woff2",
    "fira-sans-600.woff2": f"{FIRA_SANS}/files/fira-sans-latin-600-normal.woff2",
    "fira-sans-ext-400.woff2": f"{FIRA_SANS}/files/fira-sans-latin-ext-400-normal.woff2",
    "fira-sans-ext-600.woff2": f"{FIRA_SANS}/files/fira-sans-latin-ext-600-normal.woff2",
}
# The minified file carries no notice of its own; the licence asks that one stays with every copy.
NOTICES = {"kern.css": "/*! KERN UX (kern-ux.de), EUPL-1.2, licence: url(kern-license.md) */\n"}

FINGERPRINTED = r"\.[0-9a-f]{12}\.\w+$"
CSS_REFERENCE = re.compile(r"url\(([\w.-]+)\)")


class AssetsMissing(Exception):
    """The static files were not built; the message says what to run."""


def build_assets(root: Path) -> None:
    """Write every static file of the checkout `root` under its fingerprinted name, compressed copies and manifest.json.

    The folder is built beside the old one and moved into place, so that a broken build leaves the old one whole.
    """
    web = root / "regservice" / "web"
    sources = {name: root / path for name, path in PACKAGE_FILES.items()}
    sources |= {path.name: path for path in sorted((web / "static").iterdir()) if path.is_file()}
    built, fresh = web / "static_built", web / "static_built.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    manifest: dict[str, str] = {}
    # Styles last: they name the other files.
    for name, path in sorted(sources.items(), key=lambda item: item[0].endswith(".css")):
        content = path.read_bytes()
        if name.endswith(".css"):
            content = _with_fingerprinted_urls(NOTICES.get(name, "") + content.decode(), manifest).encode()
        manifest[name] = _fingerprinted(name, content)
        (fresh / manifest[name]).write_bytes(content)
    _compress(fresh)
    (fresh / "manifest.json").write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n")
    shutil.rmtree(built, ignore_errors=True)
    fresh.rename(built)


def register(app: Flask, built: Path = STATIC_BUILT) -> None:
    """Give templates `asset(name)` and serve the built files under /static/.

    Raises AssetsMissing when they were not built, so that no page is ever shown without its style.
    """
    try:
        manifest: dict[str, str] = json.loads((built / "manifest.json").read_text())
    except FileNotFoundError:
        raise AssetsMissing("The static files are not built yet: run `make setup`.") from None

    def asset(name: str) -> str:
        return URL_PREFIX + manifest[name]

    app.add_template_global(asset)
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=built,
        prefix=URL_PREFIX,
        allow_all_origins=False,
        immutable_file_test=FINGERPRINTED,
    )


def _fingerprinted(name: str, content: bytes) -> str:
    stem, suffix = name.rsplit(".", 1)
    return f"{stem}.{hashlib.sha256(content).hexdigest()[:12]}.{suffix}"


def _with_fingerprinted_urls(css: str, manifest: dict[str, str]) -> str:
    """Point url(name) at the built file; a name that is not built is a KeyError, so a typing error stops the build."""
    return CSS_REFERENCE.sub(lambda match: f"url({manifest[match[1]]})", css)


def _compress(folder: Path) -> None:
    compressor = Compressor(quiet=True)
    for path in sorted(folder.iterdir()):
        if compressor.should_compress(path.name):
            list(compressor.compress(str(path)))


if __name__ == "__main__":
    build_assets(Path.cwd())
