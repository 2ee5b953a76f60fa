"""The page Quiz asks, checks the answer, counts the score, and shows a link's questions to everyone."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from model.architectures import ARCHITECTURES
from model.preprocess import Photo
from model.quiz import KINDS, LEVELS, Asked, Level
from viz_app import cached
from viz_app.samples import SAMPLES

from .apps import healthy, open_page, opened, started, texts

PICTURE = next(iter(SAMPLES))


def asked(level: Level = "easy", seed: int = 1, number: int = 1, architecture: str = "alexnet-2012") -> Asked:
    photo: Photo = cached.sample(PICTURE)
    weights = "random" if architecture in ("alexnet-torchvision", "alexnet-cifar10") else "embedded"
    network = cached.Network(architecture, weights, "cpu")
    return cached.quiz_question(photo, network, level, seed, number)


def quiz(**choices: str) -> AppTest:
    return opened("quiz", **choices)


def radio(app: AppTest):
    [found] = [one for one in app.radio if one.label == "Your answer"]
    return found


def answered(app: AppTest, index: int) -> AppTest:
    radio(app).set_value(index).run()
    return app.button(key="check").click().run()


def test_the_first_question_is_shown_and_its_answer_is_not():
    app, expected = quiz(), asked()
    assert healthy(app)
    assert expected.text in texts(app)
    assert radio(app).options == list(expected.choices)
    assert radio(app).value is None
    assert "check" not in [button.key for button in app.button]
    assert expected.worked not in texts(app)
    assert "right in this session" not in texts(app)


def test_a_right_and_a_wrong_answer_are_told_and_counted():
    app, first, second = quiz(), asked(), asked(number=2)
    answered(app, first.answer)
    assert len(app.success) == 1
    assert f"- **{first.choices[first.answer]}** (right, and your answer)" in texts(app)
    assert first.worked in texts(app)
    assert "**1 of 1** right" in texts(app)
    app.button(key="next_question").click().run()
    assert second.text in texts(app)
    assert not app.success
    wrong = (second.answer + 1) % len(second.choices)
    answered(app, wrong)
    assert not app.success
    assert f"- {second.choices[wrong]} (your answer)" in texts(app)
    assert f"- **{second.choices[second.answer]}** (right)" in texts(app)
    assert "**1 of 2** right" in texts(app)


def test_an_answer_cannot_be_given_twice():
    app, first = quiz(), asked()
    answered(app, (first.answer + 1) % len(first.choices))
    assert not app.radio
    assert not [one for one in app.button if one.label == "Check"]
    app.button(key="next_question").click().run()
    app.session_state["question"] = 1
    app.run()
    assert not app.radio
    assert f"- {first.choices[(first.answer + 1) % len(first.choices)]} (your answer)" in texts(app)
    assert "**0 of 1** right" in texts(app)


@pytest.mark.parametrize("level", LEVELS)
def test_a_link_gives_the_same_questions(level: Level):
    app, expected = quiz(quiz_level=level, quiz_seed="41", question="3"), asked(level, 41, 3)
    assert healthy(app)
    assert expected.text in texts(app)
    assert radio(app).options == list(expected.choices)
    assert app.query_params["quiz_seed"] == "41"
    assert app.query_params["question"] == "3"


def test_new_questions_have_another_seed_which_the_address_contains():
    app = quiz(question="3")
    app.button(key="new_questions").click().run()
    assert app.session_state["question"] == 1
    seed = app.session_state["quiz_seed"]
    assert seed != 1
    assert app.query_params["quiz_seed"] == str(seed)
    assert asked(seed=seed).text in texts(app)


def test_another_level_begins_with_its_first_question():
    app = quiz(question="3")
    app.segmented_control(key="quiz_level").set_value("medium").run()
    assert app.session_state["question"] == 1
    assert asked("medium").text in texts(app)


def test_the_score_survives_a_change_of_page():
    app, first = quiz(), asked()
    answered(app, first.answer)
    open_page(app, "claims")
    open_page(app, "quiz")
    assert "**1 of 1** right" in texts(app)
    assert first.worked in texts(app)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_kind_of_question_is_shown_for_every_architecture(architecture: str):
    app = open_page(started(architecture=architecture), "quiz")
    for level, kinds in KINDS.items():
        app.segmented_control(key="quiz_level").set_value(level).run()
        for number in range(1, len(kinds) + 1):
            app.session_state["question"] = number
            app.run()
            assert healthy(app)
            assert len(radio(app).options) >= 2
