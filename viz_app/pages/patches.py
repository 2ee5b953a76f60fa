"""The page Receptive field: the pixels that an activation depends on, and what excites its channel most."""

import streamlit as st

from model.preprocess import network_crop
from model.receptive_field import trace
from viz_app import address, cached, state
from viz_app.cached import Network
from viz_app.components import clickable_picture
from viz_app.draw import pictures, tables
from viz_app.widgets.choose import choose_cell
from viz_app.widgets.links import about_channel
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
    controls = st.columns(4, vertical_alignment="bottom")
    layer = controls[0].selectbox("Layer", names, **address.kept("layer", names, names[0]))
    info = infos[names.index(layer)]
    place = choose_cell(info, controls[1:])
    where, seen, strongest = st.columns(3, gap="medium")
    with seen, st.container(key="field"):
        st.markdown("**Receptive field**")
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
        share = "the whole" if box.height == box.width == size else "a part of the"
        where.markdown(f"**Unit {place[0]} of {layer}** depends on {share} input.")
    with st.expander("How the box is computed", icon=":material/calculate:"):
        st.dataframe(tables.trace_table(trace(network.data, layer, *place)), hide_index=True)
    if info.is_spatial:
        about_channel(info, place[0])
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
    st.button("Go to the strongest activation", on_click=state.choose_place, args=strongest)


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
        caption += ". This activation depends on no pixel: ReLU keeps it at zero"
    picture(
        pictures.looked_at(crop, box, strength), "The receptive field of the activation on the photo", caption
    )


def _strongest(layer: str, channel: int, network: Network) -> None:
    everywhere = st.toggle("In all photos of this session", **address.kept("patch_scope"))
    names = list(state.pictures()) if everywhere else [state.picture_name()]
    photos = [state.photo(name) for name in names]
    found = cached.strongest_patches(photos, network, layer, channel)
    if not found:
        st.info("This channel is not active anywhere in these photos.")
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
