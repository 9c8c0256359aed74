"""What only reads on PostgreSQL costs one round trip a statement, and writes nothing for good."""

import pytest

pytestmark = pytest.mark.postgres
