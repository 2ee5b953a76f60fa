"""The page Claims shows test and verdict after a prediction, and keeps score."""

from __future__ import annotations

import pytest

from model.claims.statements import GROUPS, claims, claims_of
from model.claims.tests import run
from viz_app.draw.evidence import cell
from viz_app.tally import Tally

from .apps import healthy, opened, texts

NAMES = list(claims())


def predict(app, claim: str, answer: str):
    [buttons] = [group for group in app.button_group if group.key == f"predicted-{claim}"]
    return buttons.set_value(answer).run()


def test_nothing_is_given_away_before_the_prediction():
    app = opened("claims", claim="neurons-253440")
    assert healthy(app)
    assert claims()["neurons-253440"].verdict.split(".")[0] not in texts(app)
    assert not [heading for heading in app.subheader if "verdict" in heading.value]
    assert any("0 of 55 predicted" in bar.proto.text for bar in app.get("progress"))


@pytest.mark.parametrize("answer", ["true", "false"])
def test_after_a_prediction_the_test_has_run_and_the_verdict_is_shown(answer, network, photo):
    claim = "convolutions-below-one-percent"
    app = predict(opened("claims", claim=claim), claim, answer)
    assert healthy(app)
    assert run(claim, network, photo).finding in texts(app)
    assert claims()[claim].verdict.strip() in texts(app)
    is_right = answer == claims()[claim].answer
    assert bool(app.success) == is_right
    assert any(f"1 of 55 predicted, {int(is_right)} of them" in bar.proto.text for bar in app.get("progress"))


def test_a_control_changes_the_test_and_is_in_the_address(network, photo):
    claim = "filters-fill-the-gpu"
    app = predict(opened("claims", claim=claim), claim, "false")
    app.slider(key=f"{claim}-batch").set_value(1.0).run()
    assert run(claim, network, photo, {"batch": 1}).finding in texts(app)
    assert app.query_params[f"{claim}.batch"] == "1"


def test_a_network_without_what_the_claim_is_about_keeps_the_verdict():
    claim = "lrn-after-relu"
    app = predict(opened("claims", claim=claim, architecture="alexnet-torchvision"), claim, "true")
    assert healthy(app)
    assert any("Choose AlexNet (2012) in the sidebar" in info.value for info in app.info)
    assert claims()[claim].verdict.strip() in texts(app)


def test_next_leads_through_all_claims_and_groups():
    app = predict(opened("claims", claim=NAMES[0]), NAMES[0], "true")
    for name in NAMES[1:3]:
        app.button(key="next_statement").click().run()
        assert app.selectbox(key="claim").value == name
        predict(app, name, "depends")
    [groups] = [group for group in app.button_group if group.key == "claim_group"]
    groups.set_value("history").run()
    assert app.selectbox(key="claim").value == claims_of("history")[0].name


def test_the_first_prediction_about_a_claim_is_counted_once():
    tally = Tally()
    for answer in ("true", "false", "true"):
        tally.add("one", answer)
    assert tally.counts("one") == {"true": 2, "false": 1}
    assert tally.counts("another").total() == 0


def test_numbers_in_tables_are_easy_to_read():
    shown = [cell(value) for value in ("a", 2012, 60965224, 0.123456, 3.0)]
    assert shown == ["a", "2012", "60,965,224", "0.1235", "3"]


def test_every_group_has_claims():
    assert all(claims_of(group) for group in GROUPS)
    assert len(NAMES) == 55
