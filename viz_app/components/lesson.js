// The keyboard of a lesson, and its way to what a stop speaks of. Nothing is drawn.
//
// data: { stop, highlight }
// stop: names the stop; when it changes, what `.st-key-<highlight>` shows is scrolled into view.
// Sends the trigger "key": "next", "back" or a digit. Clickers send PageDown and PageUp.
const MEANING = { PageDown: "next", ArrowRight: "next", PageUp: "back", ArrowLeft: "back" };

// Whether a key belongs to what has the focus: to a text field, or to a slider or picture with arrow keys.
function isTaken(event) {
  const isArrow = event.key.startsWith("Arrow");
  return event
    .composedPath()
    .some(
      (one) =>
        one.isContentEditable ||
        ["INPUT", "TEXTAREA", "SELECT"].includes(one.tagName) ||
        (isArrow && one.hasAttribute?.("tabindex") && one.getAttribute("tabindex") !== "-1") ||
        (isArrow && ["slider", "listbox", "combobox", "radiogroup", "tablist"].includes(one.role)),
    );
}

// Scroll to an element when the page has drawn it, and again while the page above it still grows, until the
// visitor scrolls.
function showWhenThere(key) {
  const selector = `.st-key-${CSS.escape(key)}`;
  const timer = setInterval(look, 150);
  let end = Date.now() + 20000;
  let isThere = false;
  function look() {
    const found = document.querySelector(selector);
    if (found?.offsetHeight) {
      if (!isThere) end = Date.now() + 2000;
      isThere = true;
      found.scrollIntoView({ block: found.offsetHeight > innerHeight / 2 ? "start" : "nearest" });
    }
    if (Date.now() > end) stop();
  }
  function stop() {
    clearInterval(timer);
    for (const kind of ["wheel", "touchstart", "pointerdown"]) document.removeEventListener(kind, stop);
  }
  for (const kind of ["wheel", "touchstart", "pointerdown"])
    document.addEventListener(kind, stop, { passive: true });
  return stop;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const state = parentElement.querySelector("div");
  let cancel = () => {};
  if (data.stop !== state.shownStop) {
    state.shownStop = data.stop;
    if (data.highlight) cancel = showWhenThere(data.highlight);
  }
  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.defaultPrevented) return;
    if (isTaken(event)) return;
    const meaning = MEANING[event.key] ?? (/^[1-9]$/.test(event.key) ? event.key : null);
    if (!meaning) return;
    event.preventDefault();
    setTriggerValue("key", meaning);
  };
  document.addEventListener("keydown", onKey);
  return replaced(state, () => {
    cancel();
    document.removeEventListener("keydown", onKey);
  });
}
