"""Keeps secrets out of files, logs and tracebacks: a configuration names where a secret lies, and it is read only when used."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from monitor.errors import ConfigError, Problem

_FORMS = "write {env: NAME} or {file: PATH}"


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret lies: an environment variable, a file, or (discouraged) the configuration itself.

    Never shown by `repr` or `str`; equal when it names the same place.
    """

    env: str = ""
    file: str = ""
    value: str = field(default="", repr=False)

    def reveal(self) -> str:
        """The secret, without the line break that files end with.

        Raises:
            ConfigError: the variable is not set or the file cannot be read; the message names it.
        """
        if self.env:
            return self._from_environment()
        if self.file:
            return self._from_file()
        return self.value

    def _from_environment(self) -> str:
        found = os.environ.get(self.env, "").strip()
        if not found:
            raise ConfigError(
                [Problem(f"environment variable {self.env} is not set", hint=f"export {self.env}=… and start again")]
            )
        return found

    def _from_file(self) -> str:
        try:
            found = Path(self.file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise ConfigError([Problem(f"secret file {self.file} cannot be read: {reason}")]) from error
        if not found:
            raise ConfigError([Problem(f"secret file {self.file} is empty")])
        return found

    def __repr__(self) -> str:
        place = f"env={self.env}" if self.env else f"file={self.file}" if self.file else "value=***"
        return f"Secret({place})"

    __str__ = __repr__

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validate, serialization=core_schema.plain_serializer_function_ser_schema(repr)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        forms = {"env": "name of an environment variable", "file": "path of a file", "value": "the secret itself (discouraged)"}
        return {
            "type": "object",
            "properties": {name: {"type": "string", "description": words, "minLength": 1} for name, words in forms.items()},
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        }

    @classmethod
    def _validate(cls, given: Any) -> Secret:
        if isinstance(given, cls):
            return given
        if isinstance(given, str):
            given = {"value": given}
        if not isinstance(given, dict) or len(given) != 1 or not set(given) <= {"env", "file", "value"}:
            raise PydanticCustomError("secret_form", f"not a secret: {_FORMS}")
        ((name, text),) = given.items()
        if not isinstance(text, str) or not text.strip():
            raise PydanticCustomError("secret_empty", f"the secret's {name} is empty: {_FORMS}")
        return cls(**{name: text})
