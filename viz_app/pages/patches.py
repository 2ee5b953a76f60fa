"""What part of the picture a number sees, and what excites its channel most."""

import streamlit as st

from model.preprocess import network_crop
from model.receptive_field import trace
from viz_app import cached, state
from viz_app.cached import Network
from viz_app.components import clickable_picture
from viz_app.draw import pictures, tables
from viz_app.widgets.choose import choose_cell
from viz_app.widgets.run import part
from viz_app.widgets.show import background, heading, picture

heading(
    "Receptive field",
    "Choose an activation: the box is the part of the photo that it depends on, "
    "the colour shows how strongly it depends on each pixel.",
)


@part
def patches() -> None:
    network = state.network()
    infos = cached.layers(network.architecture)
    names = [info.name for info in infos]
    state.valid_choice("layer", names)
    controls = st.columns(4, vertical_alignment="bottom")
    layer = controls[0].selectbox("Layer", names, key="layer", bind="query-params")
    info = infos[names.index(layer)]
    place = choose_cell(info, controls[1:])
    where, seen, strongest = st.columns(3, gap="medium")
    with seen:
        st.markdown("**What it sees**")
        _field(layer, place, network)
    if info.is_spatial:
        with where:
            st.markdown(f"**Channel {place[0]} of {layer}**")
            _map(layer, *place, network)
        with strongest:
            st.markdown("**What excites the channel most**")
            _strongest(layer, place[0], network)
    else:
        box, size = trace(network.data, layer, *place)[-1].box, network.data.input_size
        share = "all" if box.height == box.width == size else "a part"
        where.markdown(f"**Unit {place[0]} of {layer}** depends on {share} of the picture.")
    with st.expander("How the box is worked out", icon=":material/calculate:"):
        st.dataframe(tables.trace_table(trace(network.data, layer, *place)), hide_index=True)
    background("patches")


def _map(layer: str, channel: int, row: int, column: int, network: Network) -> None:
    values = cached.feature_maps(state.photo(), network)[layer][channel]
    width = values.shape[1]
    clickable_picture(
        pictures.cells(values),
        key="cells",
        selected=row * width + column,
        on_pick=lambda index: state.choose_place(*divmod(index, width)),
        alt=f"Channel {channel} of {layer}",
        labels=[f"row {i // width}, column {i % width}: {v:.5g}" for i, v in enumerate(values.flat)],
    )
    strongest = divmod(int(values.argmax()), width)
    st.button("Go to the strongest", on_click=state.choose_place, args=strongest)


def _field(layer: str, place: tuple[int, int, int], network: Network) -> None:
    photo = state.photo()
    box = trace(network.data, layer, *place)[-1].box
    strength = cached.effective_field(photo, network, layer, *place)
    crop = network_crop(photo, network.data)
    caption = (
        f"rows {box.top} to {box.bottom - 1}, columns {box.left} to {box.right - 1}: "
        f"{box.height} × {box.width} of {crop.shape[0]} × {crop.shape[1]} pixels"
    )
    if not strength.any():
        caption += ". No pixel moves this number: ReLU holds it at zero"
    picture(
        pictures.looked_at(crop, box, strength), "The part of the picture that the number depends on", caption
    )


def _strongest(layer: str, channel: int, network: Network) -> None:
    everywhere = st.toggle("In all pictures of this session", True, key="patch_scope")
    names = state.pictures() if everywhere else [state.picture_name()]
    photos = [state.photo(name) for name in names]
    found = cached.strongest_patches(photos, network, layer, channel)
    if not found:
        st.info("This channel is nowhere above zero in these pictures.")
        return
    crops = [network_crop(photos[patch.photo], network.data) for patch in found]
    picture = pictures.mosaic(pictures.patch_tiles(crops, [patch.box for patch in found]), columns=3)

    def pick(index: int) -> None:
        state.choose_picture(names[found[index].photo])
        state.choose_place(found[index].row, found[index].column)

    clickable_picture(
        picture,
        key="patches",
        selected=None,
        on_pick=pick,
        alt=f"The {len(found)} strongest patches",
        labels=[f"{names[p.photo]}, row {p.row}, column {p.column}: {p.value:.4g}" for p in found],
    )


patches()
