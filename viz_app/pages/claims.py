"""The page Claims: predict whether a statement about AlexNet is true, run its test, read the verdict."""

from __future__ import annotations

import streamlit as st

from model.claims.statements import GROUPS, Claim, claims, claims_of, group_of
from viz_app import address, state
from viz_app.tally import tally
from viz_app.widgets.evidence import run_test
from viz_app.widgets.run import part
from viz_app.widgets.show import background, heading

heading("Claims", "What is said about AlexNet. Predict whether it is true, run the test, read the verdict.")

ANSWERS = {"true": "True", "false": "False", "depends": "It depends"}
ENOUGH = 5  # predictions about a claim before their shares are shown


@part
def one_claim() -> None:
    claim = _choose()
    with st.container(border=True, key="statement"):
        predicted = _predict(claim)
    if predicted:
        test, verdict = st.columns([3, 2], gap="large")
        with test, st.container(key="claim_test"):
            _test(claim)
        with verdict, st.container(key="verdict"):
            _verdict(claim, predicted)
    _score()
    background("claims")


def _choose() -> Claim:
    """Show the groups and the claims of the chosen one, and return the chosen claim."""
    names = list(claims())
    name = address.settle("claim", names, names[0])
    group = group_of(name)
    state.choose("claim_group", group)
    st.pills(
        "Group",
        list(GROUPS),
        format_func=GROUPS.__getitem__,
        key="claim_group",
        required=True,
        label_visibility="collapsed",
        on_change=lambda: state.choose("claim", claims_of(state.chosen("claim_group", group))[0].name),
    )
    own = [claim.name for claim in claims_of(group)]
    st.selectbox(
        "Statement",
        own,
        format_func=lambda one: f"{own.index(one) + 1} of {len(own)}: {claims()[one].said.statement}",
        label_visibility="collapsed",
        **address.kept("claim", names, names[0]),
    )
    return claims()[name]


def _predict(claim: Claim) -> str:
    """Show the statement and those that contradict it, and return what the visitor predicts, or ""."""
    st.subheader(f"“{claim.said.statement}”", anchor=False)
    st.caption(f"Said by {claim.said.by}.")
    for other in claim.against:
        st.markdown(f"But: “{other.statement}” ({other.by})")
    key = f"predicted-{claim.name}"
    if before := state.predictions.predictions().get(claim.name):
        state.choose(key, before)
    predicted = st.segmented_control(
        "Your prediction",
        list(ANSWERS),
        format_func=ANSWERS.__getitem__,
        key=key,
        required=before is not None,
        on_change=lambda: state.predictions.predict(claim.name, state.chosen(key, "")),
    )
    if not predicted:
        st.caption("Predict first. Then the test runs on your photo.")
    return predicted or ""


def _test(claim: Claim) -> None:
    st.subheader("The test", anchor=False)
    if run_test(claim.name) and claim.try_this:
        st.markdown(f":material/science: {claim.try_this}")


def _verdict(claim: Claim, predicted: str) -> None:
    st.subheader(f"The verdict: {ANSWERS[claim.answer].lower()}", anchor=False)
    if predicted == claim.answer:
        st.success("That is what you predicted.", icon=":material/check_circle:")
    else:
        st.warning(f"You predicted: {ANSWERS[predicted].lower()}.", icon=":material/lightbulb:")
    st.markdown(claim.verdict)
    sources = [f"[{one.title}]({one.link})" if one.link else one.title for one in claim.sources]
    st.caption(f"Sources: {'; '.join(sources)}.")
    counts = tally().counts(claim.name)
    if (total := counts.total()) >= ENOUGH:
        st.caption(f"Of {total} visitors, {counts[claim.answer]} predicted this. Nothing else is counted.")
    names = list(claims())
    if (place := names.index(claim.name)) + 1 < len(names):
        st.button(
            "Next statement",
            key="next_statement",
            type="primary",
            icon=":material/arrow_forward:",
            on_click=state.choose,
            args=("claim", names[place + 1]),
        )


def _score() -> None:
    """Show how many predictions were right, and which claims surprise most."""
    made, known = state.predictions.predictions(), claims()
    right = sum(known[name].answer == answer for name, answer in made.items() if name in known)
    st.progress(len(made) / len(known), f"{len(made)} of {len(known)} predicted, {right} of them right")
    shares = {
        name: 1 - counts[claim.answer] / counts.total()
        for name, claim in known.items()
        if (counts := tally().counts(name)).total() >= ENOUGH
    }
    if surprising := sorted(shares, key=shares.__getitem__, reverse=True)[:5]:
        with st.expander("What surprised most visitors", icon=":material/lightbulb:"):
            st.markdown(
                "\n".join(
                    f"- {shares[name]:.0%} were wrong about: {known[name].said.statement}"
                    for name in surprising
                )
            )


one_claim()
