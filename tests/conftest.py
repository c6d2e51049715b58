"""What holds for all tests: each logs as if it were alone, and properties are judged by what they find, not by a machine's pace."""

import pytest
import structlog
from hypothesis import HealthCheck, settings

settings.register_profile("monitor", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("monitor")


@pytest.fixture(autouse=True)
def logs_of_its_own():
    """A command that ran before has set a level for the whole process, below which nothing is seen."""
    structlog.reset_defaults()
