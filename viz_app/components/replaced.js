// Ends what an earlier call of this component has left behind, and returns what ends this one.
//
// Streamlit calls a component again when its data change. If that happens while the browser still loads the
// script, Streamlit forgets to end the earlier call, whose listeners and timers would then go on for ever.
function replaced(element, end) {
  element.end?.();
  element.end = end;
  return end;
}
