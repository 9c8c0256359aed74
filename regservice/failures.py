"""What a failure of the database means: it cannot be used at the moment, or the same work has to be done once more.

Deadlocks cannot be ruled out by the order of locks alone: a job that deletes or marks many rows takes them in the
order in which the database finds them. PostgreSQL ends one of the two transactions as if it had never begun.
"""

import errno

from sqlalchemy.exc import DBAPIError, OperationalError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

# Codes of appendix A of PostgreSQL's manual: serialization failure, deadlock.
ENDED_FOR_ANOTHER = {"40001", "40P01"}
# What a full, worn or protected disk, a used-up quota or a missing permission answer where a file is written.
DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM}
# The driver does not call these operational: a server that only reads, and a transaction that was idle for too long.
NOT_AT_THE_MOMENT = {"25006", "25P03"}


def ended_for_another(error: Exception) -> bool:
    """Whether the database ended this transaction in favour of another one: the same, done again, is right."""
    return isinstance(error, DBAPIError) and _sqlstate(error) in ENDED_FOR_ANOTHER


def is_unavailable(error: BaseException) -> bool:
    """Whether database or disk cannot be used at the moment: away, restarting, locked, full, or lost on the way."""
    match error:
        case OperationalError() | PendingRollbackError() | NoFreeConnection():
            return True
        case DBAPIError():
            return error.connection_invalidated or _sqlstate(error) in NOT_AT_THE_MOMENT
        case OSError():
            return error.errno in DISK_ERRORS
        case _:
            return False


def name_of(error: BaseException) -> str:
    """What the driver calls the failure, for the operator's log; messages stay out, they may hold what was typed."""
    driver = getattr(error, "orig", None) or error
    return str(getattr(driver, "sqlite_errorname", "") or type(driver).__name__)


def _sqlstate(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)
