"""Only the teacher controls a class. Answers are counted, and forgotten when the class ends."""

from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz_app.classroom import (
    AWAY_AFTER,
    CODE_LENGTH,
    ENDS_AFTER,
    LETTERS,
    MOST_CLASSES,
    MOST_STUDENTS,
    Classrooms,
    UnknownClassError,
    View,
    normal,
)

SHOWN = View("filters", (("filter", "7"),), "shapes", 2)


class Clock:
    """A clock that only moves when a test moves it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rooms(clock: Clock) -> Classrooms:
    return Classrooms(clock)


VIEWS = st.builds(
    View, st.sampled_from(["filters", "cell", ""]), lesson=st.sampled_from(["shapes", "own", ""])
)
STUDENTS = st.sampled_from(["ann", "bob", ""])


@given(
    deeds=st.lists(
        st.one_of(
            st.tuples(st.just("show"), st.text(max_size=30), VIEWS),
            st.tuples(st.just("close"), st.text(max_size=30)),
            st.tuples(st.just("look"), STUDENTS),
            st.tuples(
                st.just("answer"), STUDENTS, st.sampled_from(["shapes", "own"]), st.integers(0, 3), st.text()
            ),
        ),
        max_size=20,
    )
)
def test_students_cannot_change_what_the_class_sees(deeds):
    rooms = Classrooms()
    code, secret = rooms.open(View("cell"))
    rooms.show(code, secret, SHOWN, "title: x")
    before = rooms.look(code)
    for name, *arguments in deeds:
        getattr(rooms, name)(code, *arguments)
        assert rooms.look(code) == before
        assert rooms.is_teacher(code, secret)


def test_students_see_what_the_teacher_shows_and_a_version_that_counts_changes(rooms):
    code, secret = rooms.open(View("cell"))
    first = rooms.look(code)
    rooms.show(code, secret, SHOWN)
    second = rooms.look(code, "ann")
    rooms.show(code, secret, SHOWN)
    assert (first.view, second.view) == (View("cell"), SHOWN)
    assert first.version < second.version == rooms.look(code).version


def test_the_teacher_s_own_lesson_stays_until_it_is_replaced(rooms):
    code, secret = rooms.open(View("cell"), "title: mine")
    rooms.show(code, secret, SHOWN)
    assert rooms.look(code).own_lesson == "title: mine"
    rooms.show(code, secret, SHOWN, "title: another")
    assert rooms.look(code).own_lesson == "title: another"


def test_only_the_teacher_sees_counts_and_each_student_s_last_answer_counts(rooms):
    code, secret = rooms.open(SHOWN)
    for student, choice in (("ann", "54"), ("bob", "55"), ("ann", "55")):
        rooms.answer(code, student, "shapes", 2, choice)
    assert rooms.counts(code, secret, "shapes", 2) == {"55": 2}
    assert rooms.counts(code, "guessed", "shapes", 2) == {}
    assert rooms.counts(code, secret, "shapes", 1) == {}


def test_answers_to_another_stop_or_after_the_right_answer_is_shown_are_refused(rooms):
    code, secret = rooms.open(SHOWN)
    rooms.answer(code, "ann", "shapes", 1, "54")
    rooms.show(code, secret, View("filters", (), "shapes", 2, answered=True))
    rooms.answer(code, "ann", "shapes", 2, "54")
    assert not rooms.counts(code, secret, "shapes", 1)
    assert not rooms.counts(code, secret, "shapes", 2)


def test_thirty_simultaneous_students_are_all_counted(rooms):
    code, secret = rooms.open(SHOWN)

    def study(name: str) -> None:
        for _ in range(20):
            rooms.look(code, name)
            rooms.answer(code, name, "shapes", 2, "54")

    threads = [Thread(target=study, args=(f"student {number}",)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rooms.counts(code, secret, "shapes", 2) == {"54": 30}
    assert rooms.present(code) == 30


def test_a_student_who_closes_the_browser_is_soon_away(rooms, clock):
    code, _ = rooms.open(SHOWN)
    rooms.look(code, "ann")
    clock.now += AWAY_AFTER
    rooms.look(code, "bob")
    assert rooms.present(code) == 2
    clock.now += 1
    assert rooms.present(code) == 1


def test_a_class_ends_when_its_teacher_is_gone_even_if_students_stay(rooms, clock):
    code, secret = rooms.open(SHOWN)
    clock.now += ENDS_AFTER - 1
    rooms.show(code, secret, SHOWN)
    clock.now += ENDS_AFTER
    rooms.look(code, "ann")
    clock.now += 1
    with pytest.raises(UnknownClassError, match=f"There is no class {code}"):
        rooms.look(code, "ann")


def test_closing_a_class_forgets_its_answers(rooms):
    code, secret = rooms.open(SHOWN)
    rooms.answer(code, "ann", "shapes", 2, "54")
    rooms.close(code, secret)
    assert not rooms.is_teacher(code, secret)
    for ask in (lambda: rooms.look(code), lambda: rooms.counts(code, secret, "shapes", 2)):
        with pytest.raises(UnknownClassError):
            ask()


def test_one_class_does_not_see_another(rooms):
    first, secret = rooms.open(View("cell"))
    second, other = rooms.open(View("filters"))
    rooms.show(second, secret, SHOWN)
    assert rooms.look(second).view == View("filters")
    assert first != second
    assert secret != other


def test_memory_is_bounded(rooms):
    for _ in range(MOST_CLASSES):
        code, secret = rooms.open(SHOWN)
    with pytest.raises(ValueError, match="Too many classes"):
        rooms.open(SHOWN)
    for number in range(MOST_STUDENTS + 50):
        rooms.look(code, str(number))
        rooms.answer(code, str(number), "shapes", 2, "x" * 10_000)
    assert rooms.present(code) == MOST_STUDENTS
    [(answer, count)] = rooms.counts(code, secret, "shapes", 2).items()
    assert count == MOST_STUDENTS
    assert len(answer) <= 300


@given(st.text(max_size=40))
def test_an_unknown_code_gives_one_plain_sentence(typed):
    rooms = Classrooms()
    code, _ = rooms.open(SHOWN)
    if normal(typed) != code:
        with pytest.raises(UnknownClassError) as error:
            rooms.look(typed)
        assert "<" not in str(error.value)
        assert "\n" not in str(error.value)


def test_spaces_dashes_and_case_of_a_code_do_not_matter(rooms):
    code, _ = rooms.open(SHOWN)
    assert len(code) == CODE_LENGTH
    assert set(code) <= set(LETTERS)
    assert not set(LETTERS) & set("AEIOUYS0123456789")
    assert rooms.look(f" {code[:2].lower()}-{code[2:].lower()} ").code == code
