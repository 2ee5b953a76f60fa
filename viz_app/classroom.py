"""Classes: what each teacher shows, how many students are there, and how they answered.

Nothing here imports Streamlit. No names are known, and nothing is stored on disk. Students know the code of
their class, which is in the address that they open. Only the teacher knows the secret that is needed to
change what the class sees.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from threading import RLock

from model.errors import UserError

LETTERS = "BCDFGHJKLMNPQRTVWXZ"  # no digits, which look like letters, and no vowels, which would make words
CODE_LENGTH = 4
MOST_CLASSES = 200
MOST_STUDENTS = 500
ENDS_AFTER = 4 * 3600.0  # a class ends when its teacher has done nothing for so many seconds
AWAY_AFTER = 15.0  # a student whose browser has not asked for so many seconds is away; it asks every second


@dataclass(frozen=True)
class View:
    """What a teacher shows.

    Attributes:
        page: name of the page in the address.
        choices: the choices on the page, as written in the address.
        lesson: name of a built-in lesson, "own" for the teacher's own lesson, or "".
        stop: number of the lesson's stop, from 1; after the last stop, one more than its number.
        answered: whether the answer to the stop's question is shown.
    """

    page: str
    choices: tuple[tuple[str, str], ...] = ()
    lesson: str = ""
    stop: int = 0
    answered: bool = False


@dataclass(frozen=True)
class Seen:
    """What students may know about a class.

    Attributes:
        version: number of changes of the view.
        own_lesson: text of the teacher's own lesson.
    """

    code: str
    view: View
    version: int
    own_lesson: str = ""


@dataclass
class _Class:
    secret: str
    seen: Seen
    alive: float
    students: dict[str, float] = field(default_factory=dict)
    answers: dict[tuple[str, int], dict[str, str]] = field(default_factory=dict)


class UnknownClassError(UserError):
    """Raised when no class has this code, or when the class has ended."""

    def __init__(self, code: str) -> None:
        super().__init__(
            f"There is no class {code}. It may have ended, or the code has a typing error: ask your teacher."
        )


class Classrooms:
    """All school classes of this process.

    Every method is atomic, and takes and returns copies of plain values. Therefore an implementation that
    shares classes between several processes could take the place of this one.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = RLock()
        self._classes: dict[str, _Class] = {}

    def open(self, view: View, own_lesson: str = "") -> tuple[str, str]:
        """Start a class, and return its code and its secret."""
        with self._lock:
            self._forget_old()
            if len(self._classes) >= MOST_CLASSES:
                raise UserError("Too many classes are open on this server. Try again when one has ended.")
            while (code := "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))) in self._classes:
                pass
            secret = secrets.token_urlsafe(16)
            self._classes[code] = _Class(secret, Seen(code, view, 1, own_lesson), self._clock())
            return code, secret

    def close(self, code: str, secret: str) -> None:
        """End a class and forget all answers, if the secret is right."""
        with self._lock:
            if self.is_teacher(code, secret):
                del self._classes[normal(code)]

    def is_teacher(self, code: str, secret: str) -> bool:
        """Return whether this is the secret of the class."""
        with self._lock:
            found = self._classes.get(normal(code))
            return found is not None and hmac.compare_digest(found.secret.encode(), secret.encode())

    def show(self, code: str, secret: str, view: View, own_lesson: str | None = None) -> Seen:
        """Change what the class sees, if the secret is right, and return what it sees now.

        Args:
            own_lesson: text of the teacher's own lesson; None to keep the present one.
        """
        with self._lock:
            found = self._find(code)
            if not self.is_teacher(code, secret):
                return found.seen
            found.alive = self._clock()
            text = found.seen.own_lesson if own_lesson is None else own_lesson
            if (view, text) != (found.seen.view, found.seen.own_lesson):
                version = found.seen.version + 1
                found.seen = replace(found.seen, view=view, version=version, own_lesson=text)
            return found.seen

    def look(self, code: str, student: str = "") -> Seen:
        """Return what the teacher shows, and note that this student is there.

        Raises:
            UnknownClassError: there is no such class, or it has ended.
        """
        with self._lock:
            found = self._find(code)
            if student and (student in found.students or len(found.students) < MOST_STUDENTS):
                found.students[student] = self._clock()
            return found.seen

    def exists(self, code: str) -> bool:
        """Return whether there is a class with this code."""
        with self._lock:
            self._forget_old()
            return normal(code) in self._classes

    def present(self, code: str) -> int:
        """Return how many students are there."""
        with self._lock:
            found, now = self._find(code), self._clock()
            for student in [who for who, seen in found.students.items() if now - seen > AWAY_AFTER]:
                del found.students[student]
            return len(found.students)

    def answer(self, code: str, student: str, lesson: str, stop: int, choice: str) -> None:
        """Keep a student's answer in place of an earlier one, unless the right answer is already shown."""
        with self._lock:
            found = self._find(code)
            view = found.seen.view
            if (view.lesson, view.stop) != (lesson, stop) or view.answered:
                return
            given = found.answers.setdefault((lesson, stop), {})
            if student in given or len(given) < MOST_STUDENTS:
                given[student] = choice[:300]

    def counts(self, code: str, secret: str, lesson: str, stop: int) -> Mapping[str, int]:
        """Return how often each answer was given, if the secret is right."""
        with self._lock:
            found = self._find(code)
            if not self.is_teacher(code, secret):
                return {}
            return Counter(found.answers.get((lesson, stop), {}).values())

    def _find(self, code: str) -> _Class:
        self._forget_old()
        found = self._classes.get(normal(code))
        if found is None:
            raise UnknownClassError(normal(code))
        return found

    def _forget_old(self) -> None:
        now = self._clock()
        for code in [code for code, one in self._classes.items() if now - one.alive > ENDS_AFTER]:
            del self._classes[code]


@cache
def classrooms() -> Classrooms:
    """Return the classes of this process."""
    return Classrooms()


def normal(code: str) -> str:
    """Return a class code in its normal form: " bc-df " -> "BCDF"."""
    return "".join(letter for letter in code.upper() if letter.isalnum())[:12]


def is_code(text: str) -> bool:
    """Return whether a text has the form of a class code. No name or number of an ImageNet class has it."""
    code = normal(text)
    return len(code) == CODE_LENGTH and set(code) <= set(LETTERS)
