"""What machines ask: is the process alive, is the service ready, and its numbers."""

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from regservice import schema, storage
from regservice.config import current_settings
from regservice.outbox import service as outbox
from regservice.outbox.types import LOOK_AT
from regservice.wiring import current_wiring
from regservice.workers import service as workers

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """The database is reachable and migrated, its disk has room, and a worker was heard from within a minute."""
    now = current_wiring().now()
    try:
        if not schema.is_current():
            if schema.is_ahead():
                return jsonify(status="the database was migrated by a newer version of regservice"), 503
            return jsonify(status="the database is not migrated: python -m regservice migrate"), 503
        heard_at = workers.last_heard_at(now)
        states = outbox.count_by_state(LOOK_AT)
        oldest_due = outbox.oldest_due_age(now)
        pause = outbox.relay_pause(now)
    except SQLAlchemyError:
        return jsonify(status="the database cannot be reached"), 503
    worker_age = now - heard_at if heard_at else None
    alive = not workers.is_silent(heard_at, now)
    disk = storage.room(current_settings()).trouble
    body = {
        "status": disk or ("ready" if alive else "no worker was heard from in the last 60 seconds"),
        "worker_age_s": round(worker_age.total_seconds(), 1) if worker_age is not None else None,
        "oldest_due_s": round(oldest_due.total_seconds(), 1),
        **{state.value: states.get(state, 0) for state in LOOK_AT},
        "relay_paused_until": pause.paused_until.isoformat() if pause and pause.paused_until else None,
    }
    return jsonify(body), 200 if alive and not disk else 503


@blueprint.get("/metrics")
def metrics() -> ResponseReturnValue:
    """The same numbers for Prometheus, read from the database so that they are right over all processes."""
    now = current_wiring().now()
    registry = CollectorRegistry()
    messages = Gauge("regservice_messages", "Messages by state", ["state"], registry=registry)
    for state, count in outbox.count_by_state().items():
        messages.labels(state).set(count)
    age = Gauge("regservice_oldest_due_seconds", "How long the oldest due message has been waiting", registry=registry)
    age.set(outbox.oldest_due_age(now).total_seconds())
    pause = outbox.relay_pause(now)
    failures = Gauge("regservice_relay_failures", "Tries in a row that the relay took nothing", registry=registry)
    failures.set(pause.failures if pause else 0)
    heard_at = workers.last_heard_at(now)
    if heard_at is not None:
        silence = Gauge("regservice_worker_age_seconds", "Since a worker was last heard from", registry=registry)
        silence.set((now - heard_at).total_seconds())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
