"""The town's logo; its address holds the version, so browsers may keep it for ever."""

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue

from regservice.web.frame import current_town

blueprint = Blueprint("town", __name__)


@blueprint.get("/town/logo/<int:version>")
def logo(version: int) -> ResponseReturnValue:
    """The picture of this version; an old address finds nothing."""
    town = current_town()
    if town.logo is None or version != town.version:
        abort(404)
    response = Response(town.logo, mimetype=town.logo_type)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Content-Disposition"] = "inline"
    return response
