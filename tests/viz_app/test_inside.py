"""The pages about one layer, run by Streamlit's test harness."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from model import ARCHITECTURES, capture, classify, explain
from model.ablation import Ablation, ablated, tower
from model.attribution import checks
from model.attribution.pointing import Part, point, share, strongest_box
from model.receptive_field import Box, box
from viz_app import cached
from viz_app.draw import activation_figures, activation_formulas, pictures

from .apps import healthy, open_page, opened, waited

LAYERS = [layer.name for layer in ARCHITECTURES["alexnet-2012"].layers]


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


@pytest.mark.parametrize("layer", LAYERS)
def test_the_arithmetic_of_an_activation_of_any_layer_is_shown(layer, network, photo):
    app = opened("cell", layer=layer, channel="3")
    assert healthy(app)
    shown = metrics(app)
    assert float(shown["Computed here"]) == pytest.approx(float(shown["In the network"]), rel=1e-4, abs=1e-6)
    values = capture(network, network.prepare(photo))[layer][3]
    # At first, the strongest activation of the feature map is shown.
    assert shown["In the network"] == f"{float(values.max()):.7g}"
    assert any("equal, except for rounding" in m.value for m in app.markdown)


@pytest.mark.parametrize("number", ["inf", "-Infinity", "1e999", "nan", "-5", "3.7", "x"])
def test_endless_numbers_in_the_address_are_ignored(number):
    app = opened("cell", layer="conv3", channel=number, row=number)
    assert healthy(app)


def test_a_class_chosen_on_one_page_is_chosen_on_the_others(network, photo):
    app = opened("ablation")
    [chosen] = [box for box in app.selectbox if box.label.startswith("Target class")]
    chosen.set_value(340).run()
    open_page(app, "filters")
    for page in ("ablation", "believe", "explain"):
        open_page(app, page)
        [kept] = [box for box in app.selectbox if box.label.startswith("Target class")]
        assert kept.value == 340


def test_the_predicted_class_is_the_default_unless_another_was_chosen(network, photo):
    result = classify(network, photo)
    app = opened("cell", layer="conv3", channel="7")
    app.selectbox(key="layer").set_value("fc8").run()
    assert app.number_input(key="channel").value == result.ranking[0]
    assert any(m.value == f"Class **{result.labels[result.ranking[0]]}**" for m in app.markdown)
    app.number_input(key="channel").set_value(340).run()
    assert any(m.value == "Class **zebra**" for m in app.markdown)
    assert metrics(app)["In the network"] == f"{float(result.logits[340]):.7g}"
    chosen = opened("cell", layer="prob", channel="340")
    assert any(m.value == "Class **zebra**" for m in chosen.markdown)


@pytest.mark.parametrize("layer", ["conv1", "pool2", "relu5", "fc6", "prob"])
def test_the_receptive_field_of_a_unit_is_stated(layer, network):
    app = opened("patches", layer=layer, channel="2")
    assert healthy(app)
    if layer.startswith(("fc", "prob")):
        assert any("depends on the whole input" in m.value for m in app.markdown)
        return
    row, column = (int(app.number_input(key=name).value or 0) for name in ("row", "column"))
    seen = box(network.architecture, layer, 2, row, column)
    table = app.dataframe[0].value
    assert table["rows"].iloc[-1] == f"{seen.top} to {seen.bottom - 1}"
    assert table["columns"].iloc[-1] == f"{seen.left} to {seen.right - 1}"


def test_switching_lrn_off_shows_the_prediction_without_lrn(network, photo):
    app = opened("ablation")
    app.button_group[0].set_value(["LRN"]).run()
    assert not app.exception
    target = int(classify(network, photo).ranking[0])
    after = classify(ablated(network, Ablation(lrn=True)), photo).prediction(target)
    assert metrics(app)["Logit"] == f"{after.logit:.3f}"


def test_switched_off_channels_can_be_switched_on_again(network, photo):
    app = opened("ablation")
    waited(app.toggle(key="ranked-relu1").set_value(True).run())
    [action] = [button for button in app.button if button.label == "Switch off these 10"]
    action.click().run()
    off = app.session_state["off-alexnet-2012-embedded"]["relu1"]
    assert len(off) == 10
    ablation = Ablation((("relu1", tuple(sorted(off))),))
    target = int(classify(network, photo).ranking[0])
    after = classify(ablated(network, ablation), photo).prediction(target)
    assert metrics(app)["Logit"] == f"{after.logit:.3f}"
    [action] = [button for button in app.button if button.label == "Switch all 10 on again"]
    action.click().run()
    assert metrics(app)["Logit"] == f"{classify(network, photo).prediction(target).logit:.3f}"


def test_units_of_a_fully_connected_layer_can_be_switched_off(network, photo):
    app = opened("ablation")
    app.selectbox(key="off_layer").set_value("relu6").run()
    waited(app.toggle(key="ranked-relu6").set_value(True).run())
    assert not app.exception
    [action] = [button for button in app.button if button.label == "Switch off these 10"]
    action.click().run()
    units = tuple(sorted(app.session_state["off-alexnet-2012-embedded"]["relu6"]))
    target = int(classify(network, photo).ranking[0])
    after = classify(ablated(network, Ablation((("relu6", units),))), photo).prediction(target)
    assert metrics(app)["Logit"] == f"{after.logit:.3f}"


def test_towers_can_be_switched_off_where_there_are_two():
    app = opened("ablation", architecture="alexnet-2012")
    assert "Tower 1" in app.button_group[0].options
    app.button_group[0].set_value(["Tower 1"]).run()
    assert not app.exception
    assert "Tower 1" not in opened("ablation", architecture="alexnet-single-tower").button_group[0].options


def test_numbers_are_written_with_a_common_power_of_ten():
    values = np.array([[0.00123, -0.0045], [0.0, 0.002]])
    figure = activation_figures.numbers([("kernel", values)], 300)
    assert "10<sup>-3</sup>" in figure.layout.annotations[0].text
    assert [list(row) for row in figure.data[0].text] == [["1.23", "-4.50"], ["0.00", "2.00"]]
    assert np.array_equal(figure.data[0].z, values)


def test_values_in_formulas_keep_five_digits():
    assert activation_formulas.value(0.00001234567) == r"1.2346 \cdot 10^{-5}"
    assert activation_formulas.signed(-2.5) == "(-2.5)"
    # LaTeX does not accept two exponents in a row.
    squares = [activation_formulas.squared(x) for x in (2.0, -2.0, 0.00001)]
    assert squares == ["2^2", "(-2)^2", r"(1 \cdot 10^{-5})^2"]


def test_every_activation_of_a_feature_map_can_be_clicked():
    picture = pictures.cells(np.arange(6.0).reshape(2, 3), side=30)
    assert picture.size == (30, 20)
    assert picture.regions[4] == (10, 10, 10, 10)


def test_a_patch_is_the_part_of_the_crop_in_its_box():
    crop = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    [whole] = pictures.patch_tiles([crop], [Box(8, 4, 28, 24)], side=20)
    assert np.array_equal(whole, crop[8:28, 4:24])


def test_sanity_checks_show_areas_and_verdicts(network, photo):
    app = opened("believe")
    app.selectbox(key="doubted").set_value("guided-backprop").run()
    waited(app.toggle(key="randomise").set_value(True).run())
    assert healthy(app)
    read = " ".join(m.value for m in app.markdown)
    x, target = network.prepare(photo), int(classify(network, photo).ranking[0])
    attribution = explain(network, x, "guided-backprop", target)
    found = checks.curves(network, x, attribution.heatmap, target)
    by_chance = checks.yardstick(network, x, attribution)
    for kind in checks.BETTER:
        area, chance = getattr(found, kind).area, getattr(by_chance, kind)
        assert f"Guided backpropagation: **{area:.4f}**, moved {chance.area:.4f} ± " in read
        assert f"{chance.spread:.4f}: {checks.verdict(kind, getattr(found, kind), chance)}." in read
    assert "it cannot have been about the target" in read
    app.toggle(key="randomise").set_value(False).run()
    app.selectbox(key="doubted").set_value("integrated-gradients").run()
    assert any("**Completeness.**" in m.value for m in app.markdown)


def test_the_curves_of_several_methods_are_in_one_chart(network, photo):
    app = opened("believe")
    app.multiselect(key="beside").set_value(["saliency", "layer-cam"]).run()
    assert healthy(app)
    read = " ".join(m.value for m in app.markdown)
    x, target = network.prepare(photo), int(classify(network, photo).ranking[0])
    for method in ("grad-cam", "saliency", "layer-cam"):
        found = explain(network, x, method, target)
        area = checks.curves(network, x, found.heatmap, target).deletion.area
        assert f"{found.method.title}: **{area:.4f}**" in read
    # A method cannot be compared with itself.
    app.selectbox(key="doubted").set_value("saliency").run()
    assert app.multiselect(key="beside").value == ["layer-cam"]


@pytest.mark.parametrize("method", ["grad-cam", "integrated-gradients"])
def test_the_box_starts_where_the_heat_map_is_strongest_and_follows_a_drawn_one(network, photo, method):
    x, target = network.prepare(photo), int(classify(network, photo).ranking[0])
    found = explain(network, x, method, target)

    def shows(app: AppTest, box: Box, part: Part) -> bool:
        assert healthy(app)
        held, [blurred, grey] = share(found.heatmap, box), point(network, x, box, target).without(part)
        read = " ".join(m.value for m in app.markdown)
        signs = f"({held.positive:.1%} for the class, {held.negative:.1%} against it)" in read
        # There are a probability and a logit for the blurred photo, and the same for the grey one.
        values = [metric.value for metric in app.metric]
        return (
            f"contains **{held.total:.1%}** of the heat map" in read
            and f"on **{held.area:.1%}** of the photo" in read
            and signs == found.method.signed
            and values == [s for a in (blurred, grey) for s in (f"{a.probability:.1%}", f"{a.logit:.2f}")]
        )

    app = opened("believe")
    app.selectbox(key="doubted").set_value(method).run()
    assert shows(app, strongest_box(found.heatmap), "inside")
    [back] = [button for button in app.button if button.label == "Back to where the heat map is strongest"]
    assert back.disabled
    drawn = Box(20, 100, 180, 220)
    app.session_state[f"box-{photo.sha256[:12]}-227"] = drawn
    assert shows(app.run(), drawn, "inside")
    app.segmented_control(key="pointing_part").set_value("outside").run()
    assert shows(app, drawn, "outside")
    [back] = [button for button in app.button if button.label == "Back to where the heat map is strongest"]
    back.click().run()
    assert shows(app, strongest_box(found.heatmap), "outside")


def test_a_box_belongs_to_its_photo_and_input_size():
    app = opened("believe")
    app.session_state[f"box-{cached.sample('cat').sha256[:12]}-227"] = Box(20, 100, 180, 220)
    for key, name in (("picture", "coffee"), ("architecture", "alexnet-cifar10")):
        app.selectbox(key=key).set_value(name).run()
        assert healthy(app)
        [back] = [
            button for button in app.button if button.label == "Back to where the heat map is strongest"
        ]
        assert back.disabled


def test_a_tower_can_be_switched_off_and_on_again(network, photo):
    app = opened("ablation")
    app.button_group[0].set_value(["Tower 1"]).run()
    target = int(classify(network, photo).ranking[0])
    without = ablated(network, Ablation(tower(network.architecture, 0)))
    assert metrics(app)["Logit"] == f"{classify(without, photo).prediction(target).logit:.3f}"
    [action] = [button for button in app.button if button.label == "Switch everything on again"]
    action.click().run()
    assert metrics(app)["Logit"] == f"{classify(network, photo).prediction(target).logit:.3f}"
