"""Rule kinds, one module each: what has to be true of a query's hits for an alert.

A kind's module offers `Options` (a frozen dataclass: what the rule may say beyond the common keys), `EXAMPLE` (a rule that
uses it, as YAML values), `IS_PERIODIC`, `reach(options)` and `fire(evaluation)`; see `monitor.core.alerts.firing`.
"""
