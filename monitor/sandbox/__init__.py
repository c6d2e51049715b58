"""Reading documents from strangers in processes that may be killed."""

from monitor.sandbox.pool import Limits, Sandbox

__all__ = ["Limits", "Sandbox"]
