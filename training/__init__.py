"""Reproducible training of the weights in ``monitor/scorers/weights`` (see ``python -m training --help``)."""
