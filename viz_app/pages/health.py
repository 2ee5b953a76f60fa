"""How well the network uses its units: dead ones, copies, sparsity, and the spread of its values."""

import streamlit as st

from viz_app import cached, state
from viz_app.cached import Network
from viz_app.draw import lab_figures, pictures
from viz_app.widgets.run import part
from viz_app.widgets.show import background, chart, heading, picture

SCOPES = ("this picture", "all pictures of this session")
MOST_PAIRS = 48  # shown as pictures
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
        "Examined on", SCOPES, default=SCOPES[1], key="health_scope", required=True, persist_state="session"
    )
    names = [state.picture_name()] if scope == SCOPES[0] else state.pictures()
    relus = cached.activity([state.photo(name) for name in names], network)
    weights = cached.weights_health(network)
    pictures = "1 picture" if len(names) == 1 else f"{len(names)} pictures"
    st.markdown(
        f"Examined on **{pictures}**: a unit counts as dead if it is zero everywhere in all of them. With "
        "more pictures fewer will be."
    )
    _table(relus, weights)
    layers = [found.layer for found in weights]
    state.valid_choice("health_layer", layers)
    pick, _ = st.columns([1, 3])
    layer = pick.selectbox("Layer", layers, key="health_layer", bind="query-params")
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
    """A row for every layer with weights; the last has no ReLU after it."""
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
        "units": "Channels of a convolution, or units.",
        "dead": "Zero everywhere, in every picture examined.",
        "always on": "Above zero everywhere, in every picture examined: its ReLU changes nothing.",
        "near-duplicate pairs": "Pairs of filters with a cosine above 0.95.",
    }
    columns = {
        name: st.column_config.NumberColumn(name, help=text, format="%d") for name, text in help_.items()
    }
    columns["sparsity"] = st.column_config.ProgressColumn(
        "sparsity", help="Share of zeros after the ReLU.", format="%.1f %%", min_value=0.0, max_value=100.0
    )
    st.dataframe(rows, hide_index=True, column_config=columns, key="health_table", placeholder="")


def _activity(relu, layer: str) -> None:
    if relu is None:
        st.markdown(f"**No ReLU follows {layer}:** its values are the logits.")
        return
    st.markdown(f"**Its values before {relu.layer}** · {relu.sparsity:.1%} become zero")
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
            f"the {len(shown)} most alike, with their numbers",
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
