"""The two nights in which the clock changes, as the tests walk through them."""

from datetime import UTC, datetime

# The clock goes forward from 02:00 to 03:00, and back from 03:00 to 02:00; both at 01:00 UTC.
SPRING = datetime(2027, 3, 28, 1, tzinfo=UTC)
AUTUMN = datetime(2027, 10, 31, 1, tzinfo=UTC)
NIGHTS = {"spring": SPRING, "autumn": AUTUMN}
