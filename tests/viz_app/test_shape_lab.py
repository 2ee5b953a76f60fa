"""The shape lab, run by Streamlit's test harness."""

import pytest
from streamlit.testing.v1 import AppTest

from model.editing import PRESETS
from model.layers import describe

from .apps import healthy, opened


@pytest.fixture
def lab() -> AppTest:
    return opened("shape_lab")


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_shows_its_counts(lab, preset):
    lab.selectbox(key="preset").set_value(preset).run()
    assert healthy(lab)
    shown = {metric.label: metric.value for metric in lab.metric}
    assert shown["Parameters"] == f"{sum(info.parameters for info in describe(PRESETS[preset])):,}"
    assert "nn.Sequential" in lab.code[0].value


def test_the_paper_s_224_is_explained(lab):
    lab.selectbox(key="preset").set_value("224, as the paper says").run()
    assert any("213/4 + 1 = 54.25 is not a whole number" in info.value for info in lab.info)


def test_rounded_up_the_paper_s_224_gives_55(lab):
    lab.selectbox(key="preset").set_value("224").run()
    lab.selectbox(key="rounding-224").set_value("cuda-convnet").run()
    assert healthy(lab)
    assert any("54.25 is rounded up to 55" in info.value for info in lab.info)
    assert any(r"\left\lceil" in formula.value for formula in lab.latex)
    assert lab.query_params["rounding"] == "cuda-convnet"


def test_left_over_padding_is_not_called_part_of_the_input(lab):
    lab.selectbox(key="preset").set_value("224 with padding 2").run()
    assert any("Some of the padding is not used" in info.value for info in lab.info)


def table_edit(lab: AppTest, row: int, **values: int) -> AppTest:
    """Type into the table of settings, whose rows are the layers that can be changed."""
    lab.session_state[f"lab-{next(iter(PRESETS))}"] = {
        "edited_rows": {row: values},
        "added_rows": [],
        "deleted_rows": [],
    }
    return lab.run()


def test_gaps_between_windows_are_explained(lab):
    table_edit(lab, 1, kernel=1, stride=3)
    assert any("pool1: its window of 1 moves by 3" in info.value for info in lab.info)


def test_a_number_for_a_setting_that_a_layer_lacks_is_reported(lab):
    table_edit(lab, 1, padding=1)
    assert any("These numbers change nothing: pool1 has no padding" in info.value for info in lab.info)


def test_numbers_beyond_64_bits_are_counted_too(lab):
    table_edit(lab, 0, **{"channels or units": 100_000, "kernel": 1_000, "padding": 100_000})
    assert not lab.exception
    macs = next(metric.value for metric in lab.metric if metric.label == "Multiply-accumulates")
    assert int(macs.replace(",", "")) > 2**63


def test_an_impossible_setting_is_explained_and_the_layers_before_it_are_shown(lab):
    preset = next(iter(PRESETS))
    lab.number_input(key=f"lab_input-{preset}").set_value(40)
    table_edit(lab, 1, kernel=100)
    assert not lab.exception
    assert "has no output" in lab.error[0].value
    assert not lab.code


def test_an_input_of_one_pixel_is_too_small_for_every_layer(lab):
    preset = next(iter(PRESETS))
    lab.number_input(key=f"lab_input-{preset}").set_value(1).run()
    assert not lab.exception
    assert "conv1 has no output" in lab.error[0].value
