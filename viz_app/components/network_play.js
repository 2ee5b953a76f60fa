// Move a light through the network. Time is in milliseconds and starts at the photo. `render` draws the diagram at
// any time, so that it can be played, paused and set.

const LENGTHS = { input: 450, main: 430, after: 200, answer: 900 }; // milliseconds of each kind of step
const LEAD = 260; // the light starts so many milliseconds before its layer does
const BAND = 90; // length of the light in the diagram

// Return layer, start and length of every step.
function timeline(svg) {
  let time = 0;
  const seen = new Set();
  return [...svg.querySelectorAll("[data-layer]")].flatMap((group) => {
    const layer = group.dataset.layer;
    if (seen.has(layer)) return [];
    seen.add(layer);
    const kind = LENGTHS[layer] ? layer : group.dataset.stage === layer ? "main" : "after";
    const step = { layer, group, start: time, length: LENGTHS[kind] };
    time += step.length;
    return [step];
  });
}

const duration = (steps) => steps.at(-1).start + steps.at(-1).length;
const share = (time, start, length) => Math.min(1, Math.max(0, (time - start) / length));

// Return the step at a time.
function stepAt(steps, time) {
  return steps.findLast((step) => time >= step.start) ?? steps[0];
}

function setOpacity(element, value) {
  const text = String(Math.round(value * 100) / 100); // as the browser writes it
  if (element && element.style.opacity !== text) element.style.opacity = text;
}

function render(view, time) {
  const isOver = time >= duration(view.steps);
  const now = stepAt(view.steps, time);
  for (const step of view.steps) {
    const reached = share(time, step.start, step.length * 0.7);
    step.parts ??= [...step.group.children];
    const parts = step.parts;
    for (const part of parts) {
      if (part.classList.contains("body")) setOpacity(part, 0.4 + 0.6 * reached);
      else if (step.layer !== "input") setOpacity(part, reached);
    }
    step.group.classList.toggle("current", !isOver && step === now);
    if (step.layer === "answer") grow(step.group, reached);
  }
  view.lights ??= lightsOf(view);
  for (const light of view.lights) shine(view, light, time);
}

// Draw the bars of the predicted classes in proportion to the time.
function grow(group, reached) {
  for (const bar of group.querySelectorAll(".bar")) {
    bar.style.transformBox = "fill-box";
    bar.style.transform = `scaleX(${reached.toFixed(3)})`;
  }
}

function lightsOf(view) {
  return [...view.svg.querySelectorAll("[data-into]")].map((gap) => ({
    path: gap.querySelector(".light"),
    from: Number(gap.dataset.from),
    to: Number(gap.dataset.to),
    start: view.steps.find((step) => step.layer === gap.dataset.into).start,
  }));
}

function shine(view, light, time) {
  const part = (time - light.start + LEAD) / (LEAD + 120);
  const isLit = part > 0 && part < 1;
  const wanted = isLit ? "visible" : "hidden";
  if (light.path.getAttribute("visibility") !== wanted) light.path.setAttribute("visibility", wanted);
  if (!isLit) return;
  const at = light.from - BAND + part * (light.to - light.from + BAND);
  const move = view.svg.classList.contains("down") ? `0 ${at.toFixed(1)}` : `${at.toFixed(1)} 0`;
  view.front.setAttribute("gradientTransform", `translate(${move})`);
}
