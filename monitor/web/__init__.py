"""The pages and the JSON API of one App: `build_web` makes the application, `serving` runs it beside something else."""

from monitor.web.build import build_web
from monitor.web.serving import serving, settle

__all__ = ["build_web", "serving", "settle"]
