from tests.browser_support import browser

__all__ = ["browser"]
