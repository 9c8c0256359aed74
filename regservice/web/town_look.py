"""The town's logo and colour; their addresses hold the version, so browsers may keep them for ever."""

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue

from regservice.town import service as towns
from regservice.town.colour import stylesheet
from regservice.web.frame import current_town

blueprint = Blueprint("town", __name__)


@blueprint.get("/town/logo/<int:version>")
def logo(version: int) -> ResponseReturnValue:
    """The picture of this version; an old address finds nothing."""
    found = towns.find_logo() if version == current_town().version else None
    if found is None:
        abort(404)
    response = _for_ever(Response(found.content, mimetype=found.media_type))
    response.headers["Content-Disposition"] = "inline"
    return response


@blueprint.get("/town/colour/<int:version>.css")
def colour(version: int) -> ResponseReturnValue:
    """The style that sets the town's colour."""
    town = current_town()
    if not town.colour or version != town.version:
        abort(404)
    return _for_ever(Response(stylesheet(town.colour), mimetype="text/css"))


def _for_ever(response: Response) -> Response:
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
