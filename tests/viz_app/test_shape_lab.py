"""The shape lab, run by Streamlit's own test harness."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from model.editing import PRESETS
from model.layers import describe

ROOT = Path(__file__).parents[2]


@pytest.fixture
def lab() -> AppTest:
    test = AppTest.from_file(str(ROOT / "viz_app/frame/main.py"), default_timeout=120)
    return test.run().switch_page("../pages/shape_lab.py").run()


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_shows_its_counts(lab, preset):
    lab.selectbox(key="preset").set_value(preset).run()
    assert not lab.exception
    assert not lab.error
    shown = {metric.label: metric.value for metric in lab.metric}
    assert shown["Parameters"] == f"{sum(info.parameters for info in describe(PRESETS[preset])):,}"
    assert "nn.Sequential" in lab.code[0].value


def test_the_paper_s_slip_is_explained(lab):
    lab.selectbox(key="preset").set_value("224, as the paper says: it does not fit").run()
    assert any("213/4 + 1 = 54.25 is not whole" in info.value for info in lab.info)


def test_padding_that_is_left_over_is_no_part_of_the_picture(lab):
    lab.selectbox(key="preset").set_value("224 with padding 2").run()
    assert any("Some of the padding is not looked at" in info.value for info in lab.info)


def table_edit(lab: AppTest, row: int, **values: int) -> AppTest:
    """Type into the table of settings; rows are the layers that can be changed."""
    lab.session_state[f"lab-{next(iter(PRESETS))}"] = {
        "edited_rows": {row: values},
        "added_rows": [],
        "deleted_rows": [],
    }
    return lab.run()


def test_steps_longer_than_the_window_leave_gaps(lab):
    table_edit(lab, 1, kernel=1, stride=3)
    assert any("pool1: its window of 1 moves by 3" in info.value for info in lab.info)


def test_a_number_where_a_layer_has_none_is_said_to_change_nothing(lab):
    table_edit(lab, 1, padding=1)
    assert any("pool1 has no padding: a number there changes nothing" in info.value for info in lab.info)


def test_numbers_beyond_64_bits_are_counted_too(lab):
    table_edit(lab, 0, **{"channels or units": 100_000, "kernel": 1_000, "padding": 100_000})
    assert not lab.exception
    macs = next(metric.value for metric in lab.metric if metric.label == "Multiply-accumulates")
    assert int(macs.replace(",", "")) > 2**63


def test_an_impossible_setting_is_explained_and_what_works_is_shown(lab):
    preset = next(iter(PRESETS))
    lab.number_input(key=f"lab_input-{preset}").set_value(40)
    table_edit(lab, 1, kernel=100)
    assert not lab.exception
    assert "Nothing is left at" in lab.error[0].value
    assert not lab.code


def test_nothing_at_all_fits_into_one_pixel(lab):
    preset = next(iter(PRESETS))
    lab.number_input(key=f"lab_input-{preset}").set_value(1).run()
    assert not lab.exception
    assert "Nothing is left at conv1" in lab.error[0].value
