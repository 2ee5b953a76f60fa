// An SVG drawing whose parts can be chosen by mouse, touch and keyboard.
//
// data: { svg, selected }: every element with a data-layer attribute can be chosen, and those whose
// value is `selected` are marked. A choice is sent as the trigger "picked", the layer's name.

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".drawing");
  if (root.dataset.svg !== data.svg) {
    root.dataset.svg = data.svg;
    root.innerHTML = data.svg; // drawn by viz_app/diagram.py from the architecture alone
  }
  const parts = [...root.querySelectorAll("[data-layer]")];
  const layers = [...new Set(parts.map((part) => part.dataset.layer))];
  let selected = data.selected;

  const mark = () =>
    parts.forEach((part) => part.classList.toggle("selected", part.dataset.layer === selected));
  const pick = (layer) => {
    if (!layer || layer === selected) return;
    selected = layer;
    mark(); // at once; Python's answer follows
    setTriggerValue("picked", layer);
  };

  root.onclick = (event) => pick(event.target.closest("[data-layer]")?.dataset.layer);
  root.onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    pick(layers[layers.indexOf(selected) + step]);
  };
  mark();
}
