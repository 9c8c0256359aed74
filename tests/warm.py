"""Done once, in the server that processes are forked from: all that they need is imported, and the rows are mapped."""

import encodings.idna

import flask_migrate.cli
import flask_sqlalchemy.cli
import jinja2.ext
from sqlalchemy.orm import configure_mappers

from regservice import cli, models
from tests.races import people

__all__ = ["cli", "encodings", "flask_migrate", "flask_sqlalchemy", "jinja2", "models", "people"]

configure_mappers()
