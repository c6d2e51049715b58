"""Puts a limit of time on another scorer's answers, so that a model that hangs stops neither rules on words nor later scoring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from monitor.errors import ScorerError
from monitor.model import Limits, Vector
from monitor.ports import Scorer

Answer = TypeVar("Answer")


class PunctualScorer:
    """Answers as the scorer inside does, or fails when that takes too long.

    A thread cannot be ended from outside. While a given-up question still runs, others are refused at once,
    so that at most one thread hangs; when it returns, questions are asked again.
    """

    def __init__(self, inner: Scorer, seconds: float) -> None:
        self._inner, self._seconds = inner, seconds
        self._hanging: Thread | None = None

    @property
    def revision(self) -> str:
        return self._inner.revision

    @property
    def limits(self) -> Limits:
        return self._inner.limits

    def embed(self, texts: Sequence[str], *, as_topics: bool = False) -> Vector:
        return self._ask(lambda: self._inner.embed(texts, as_topics=as_topics))

    def second_look(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        return self._ask(lambda: self._inner.second_look(pairs))

    def relevance(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._inner.relevance(features)

    def stance(self, pairs: Sequence[tuple[str, str]], languages: Sequence[str]) -> NDArray[np.float32]:
        return self._ask(lambda: self._inner.stance(pairs, languages))

    def _ask(self, question: Callable[[], Answer]) -> Answer:
        if self._hanging is not None and self._hanging.is_alive():
            raise ScorerError("the model still hangs on an earlier question; restart the service if it does not come back")
        told: Future[Answer] = Future()
        asking = Thread(target=_answer, args=(question, told), name="scorer", daemon=True)
        asking.start()
        asking.join(self._seconds)
        if not told.done():
            self._hanging = asking
            raise ScorerError(f"the model did not answer within {self._seconds:g} seconds")
        return told.result()


def _answer(question: Callable[[], Answer], told: Future[Answer]) -> None:
    try:
        told.set_result(question())
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is raised again where the answer is awaited
        told.set_exception(error)
