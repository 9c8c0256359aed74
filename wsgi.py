"""The WSGI entry for a server of your own: `gunicorn wsgi:app`."""

from regservice.app import create_app

app = create_app()
