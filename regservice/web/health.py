"""What machines ask: is the process alive, is the service ready, and its numbers."""

from datetime import timedelta

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from regservice.outbox import service as outbox
from regservice.wiring import current_wiring
from regservice.workers import service as workers

blueprint = Blueprint("health", __name__)
SILENT_AFTER = timedelta(seconds=60)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """The database is reachable and migrated, and a worker was heard from within a minute."""
    now = current_wiring().now()
    try:
        heard_at = workers.last_heard_at()
        states = outbox.count_by_state()
        oldest_due = outbox.oldest_due_age(now)
    except SQLAlchemyError:
        return jsonify(status="database not reachable or not migrated"), 503
    worker_age = now - heard_at if heard_at else None
    ready = worker_age is not None and worker_age <= SILENT_AFTER
    body = {
        "status": "ready" if ready else "no worker was heard from in the last 60 seconds",
        "worker_age_s": round(worker_age.total_seconds(), 1) if worker_age is not None else None,
        "oldest_due_s": round(oldest_due.total_seconds(), 1),
        "held": states.get("held", 0),
        "failed": states.get("failed", 0),
        "uncertain": states.get("uncertain", 0),
    }
    return jsonify(body), 200 if ready else 503
