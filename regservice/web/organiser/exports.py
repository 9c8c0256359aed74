"""The list as a file for spreadsheets. Taking it out of the service is counted and recorded, so it is a POST."""

from tempfile import TemporaryFile

from flask import Response, abort, render_template, request, send_file, stream_with_context
from flask.typing import ResponseReturnValue

from regservice.adapters import sheets
from regservice.events.types import EventFacts
from regservice.registrations import attendee_list
from regservice.web.access import current_organiser, organiser_required
from regservice.web.organiser import labels
from regservice.web.organiser.area import blueprint, event_of, moment

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.post("/events/<slug>/export")
@organiser_required
def export(slug: str) -> ResponseReturnValue:
    """CSV or XLSX, with the questions of the event as columns."""
    event = event_of(slug)
    format = request.form.get("format", "")
    if format not in {"csv", "xlsx"}:
        abort(400)
    refused = attendee_list.begin_export(event.id, organiser_id=current_organiser().id, format=format, now=moment())
    if refused is not None:
        page = render_template("organiser/too_many_exports.html", event=event)
        return page, 429, {"Retry-After": str(int(refused.retry_after.total_seconds()) + 1)}
    return _csv(event) if format == "csv" else _xlsx(event)


def _csv(event: EventFacts) -> Response:
    """Sent while it is read, a line at a time."""
    lines = sheets.csv_lines(attendee_list.table(event, labels.say))
    response = Response(stream_with_context(lines), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=f"{event.slug}.csv")
    return response


def _xlsx(event: EventFacts) -> Response:
    """Written to a file first, since its directory stands at its end."""
    file = TemporaryFile()  # noqa: SIM115 - the response closes it.
    sheets.write_xlsx(file, event.title, attendee_list.table(event, labels.say))
    file.seek(0)
    return send_file(file, mimetype=XLSX_TYPE, as_attachment=True, download_name=f"{event.slug}.xlsx")
