"""From a rule that fired to a message: verdicts, wording, layouts, signed answers, when to try again."""
