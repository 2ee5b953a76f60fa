"""The page Network health: dead units, near-duplicate filters, sparsity and histograms."""

import streamlit as st

from viz_app import address, cached, state
from viz_app.cached import Network
from viz_app.draw import lab_figures, pictures
from viz_app.widgets.run import part
from viz_app.widgets.show import background, chart, heading, picture

SCOPES = {"photo": "this photo", "session": "all photos of this session"}
MOST_PAIRS = 48  # so many pairs of filters are shown as pictures
MOST_NAMED = 40

heading(
    "Network health",
    "Which units are always or never active, which filters are nearly the same, "
    "and how weights and activations are distributed.",
)


@part
def health() -> None:
    network = state.network()
    scope = st.segmented_control(
        "Examined on",
        list(SCOPES),
        format_func=SCOPES.__getitem__,
        required=True,
        **address.kept("health_scope", SCOPES, "session"),
    )
    names = [state.picture_name()] if scope == "photo" else list(state.pictures())
    relus = cached.activity([state.photo(name) for name in names], network)
    weights = cached.weights_health(network)
    photos = "1 photo" if len(names) == 1 else f"{len(names)} photos"
    st.markdown(
        f"Examined on **{photos}**: a unit counts as dead if it is zero at every position of all of them. "
        "With more photos, fewer units are dead."
    )
    _table(relus, weights)
    layers = [found.layer for found in weights]
    pick, _ = st.columns([1, 3])
    layer = pick.selectbox("Layer", layers, **address.kept("health_layer", layers, layers[0]))
    [chosen] = [found for found in weights if found.layer == layer]
    of_weights, of_values = st.columns(2, gap="large")
    with of_weights:
        st.markdown(f"**The {int(chosen.histogram.counts.sum()):,} weights of {layer}**")
        chart(
            lab_figures.counts(chosen.histogram, "weight"),
            key="weight_counts",
            alt=f"Histogram of the weights of {layer}",
        )
    with of_values:
        _activity(next((relu for relu in relus if relu.before == layer), None), layer)
    if chosen.duplicates is not None:
        _duplicates(chosen.duplicates, layer, network)
    background("health")


def _table(relus, weights) -> None:
    """Show a row for every layer with weights. The last one has no ReLU after it."""
    after = {relu.before: relu for relu in relus}
    rows = []
    for found in weights:
        relu = after.get(found.layer)
        rows.append(
            {
                "layer": found.layer,
                "ReLU": relu.layer if relu else "none",
                "units": len(relu.firing) if relu else None,
                "dead": len(relu.dead) if relu else None,
                "always on": len(relu.always_on) if relu else None,
                "sparsity": 100 * relu.sparsity if relu else None,
                "near-duplicate pairs": None if found.duplicates is None else len(found.duplicates),
            }
        )
    help_ = {
        "units": "Number of channels of a convolution, or of units.",
        "dead": "Units that are zero at every position of every photo.",
        "always on": "Units above zero at every position of every photo: their ReLU changes nothing.",
        "near-duplicate pairs": "Pairs of filters with a cosine above 0.95.",
    }
    columns = {
        name: st.column_config.NumberColumn(name, help=text, format="%d") for name, text in help_.items()
    }
    columns["sparsity"] = st.column_config.ProgressColumn(
        "sparsity", help="Share of zeros after the ReLU.", format="%.1f %%", min_value=0.0, max_value=100.0
    )
    with st.container(key="health_table"):
        st.dataframe(rows, hide_index=True, column_config=columns, placeholder="")


def _activity(relu, layer: str) -> None:
    if relu is None:
        st.markdown(f"**No ReLU follows {layer}:** its values are the logits.")
        return
    st.markdown(f"**Values before {relu.layer}** · {relu.sparsity:.1%} become zero")
    chart(
        lab_figures.counts(relu.histogram, "value"),
        key="value_counts",
        alt=f"Histogram of the values that go into {relu.layer}",
    )
    st.caption(f"Dead: {_named(relu.dead)}  \nAlways on: {_named(relu.always_on)}")


def _named(units: tuple[int, ...]) -> str:
    if not units:
        return "none"
    more = f" and {len(units) - MOST_NAMED} more" if len(units) > MOST_NAMED else ""
    return ", ".join(map(str, units[:MOST_NAMED])) + more


def _duplicates(pairs, layer: str, network: Network) -> None:
    st.subheader(f"Near-duplicate filters of {layer}", anchor=False)
    if not pairs:
        st.markdown("No two filters have a cosine above 0.95.")
        return
    involved = {index for pair in pairs for index in (pair.first, pair.second)}
    st.markdown(f"**{len(pairs)}** pairs among **{len(involved)}** filters have a cosine above 0.95.")
    kernels = cached.kernels(network, layer)
    if kernels.shape[1] == 3:
        shown = pairs[:MOST_PAIRS]
        picture(
            pictures.filter_pairs(kernels, [(pair.first, pair.second) for pair in shown]),
            f"Near-duplicate filters of {layer} side by side",
            f"the {len(shown)} most similar pairs, with the filters' numbers",
        )
    else:
        st.dataframe(
            [{"filter": p.first, "is like filter": p.second, "cosine": p.cosine} for p in pairs],
            hide_index=True,
            key="pairs",
            height=260,
            width=420,
            column_config={"cosine": st.column_config.NumberColumn(format="%.4f")},
        )


health()
