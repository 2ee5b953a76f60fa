"""Keep what an address asks for until widgets take it, and say what no widget will take."""

from __future__ import annotations

from collections.abc import Mapping

from viz_app import cached
from viz_app.address.table import SETTING, choice
from viz_app.address.visit import Missed, current
from viz_app.classroom import is_code

LONGEST = 60  # characters of an address that an error message repeats


def ask_for(choices: Mapping[str, list[str]]) -> None:
    """Keep the choices of an address until widgets take them, and note those that no widget will take."""
    visit = current()
    for asked_name, texts in choices.items():
        # By hand, people write class=tabby for the target; class=BCDF is the code of a class that they join.
        name = "target" if asked_name == "class" and not is_code(texts[-1]) else asked_name
        known = choice(name)
        if known is None or not _is_setting(name):
            asked_for = quoted(asked_name, texts[-1])
            visit.missed.append(Missed(f"The address contains {asked_for}, which has no meaning here."))
        else:  # a list may be written as one text or as several
            visit.asked[name] = ",".join(texts) if known.is_list else texts[-1]


def _is_setting(name: str) -> bool:
    """Return whether a name such as "grad-cam.alpha" is a setting of a method; True for all other names."""
    if not SETTING.fullmatch(name):
        return True
    method, _, setting = name.partition(".")
    found = cached.methods().get(method)
    parameters = found.parameters if found else cached.visualization_parameters()
    return (found is not None or method == "visualize") and setting in [each.name for each in parameters]


def quoted(name: str, text: str) -> str:
    """Return a part of an address as code in Markdown, so that it cannot put anything else on a page."""
    shown = f"{name}={text}".replace("`", "'")
    shown = " ".join(shown.split())
    return f"`{shown if len(shown) <= LONGEST else shown[:LONGEST] + '…'}`"


def ask(name: str, text: str) -> None:
    """Make one choice as an address does, before its widget is drawn."""
    current().asked[name] = text


def taken(name: str) -> str:
    """Return a choice as the address writes it, and remove it from the address; "" if it is not there."""
    return current().asked.pop(name, None) or ""


def asked(name: str) -> str | None:
    """Return a choice in the address that no widget has taken yet, as written; None if there is none."""
    return current().asked.get(name)
