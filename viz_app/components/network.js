// Show the diagram of the network. Layers can be chosen by mouse, touch and keyboard; it plays, zooms, is saved.
//
// data: { drawings, pictures, facts, start, selected, plays, styles, name, opens }
//   drawings: SVGs from viz_app/draw/network, for wide and for narrow pages. pictures: data URIs by name.
//   facts: { name, kind, shape, parameters, formulas, note } by layer. start: the text about the whole network.
//   selected: the chosen layer. plays: whether the light starts to move when the page is opened.
//   opens: whether a choice opens a page. Then arrow keys only move from layer to layer, and Enter chooses.
// A choice is sent as the trigger "picked": the layer's name, or, if it opens a page, also "conv1:20".

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".network");
  const drawn = JSON.stringify([data.drawings, data.pictures]);
  if (!root.app || root.drawn !== drawn) {
    root.app?.stop();
    root.drawn = drawn;
    root.app = mount(root, data);
  }
  root.app.pick = (layer) => setTriggerValue("picked", layer);
  root.app.select(data.selected);
}

function mount(root, data) {
  const holder = root.querySelector(".view");
  holder.innerHTML = data.drawings.join("");
  const views = [...holder.children].map((svg) => makeView(svg, data.pictures, root));
  root.classList.toggle("slim", views[0].svg.classList.contains("slim"));
  const app = { views, time: 0, isPlaying: false, selected: null, pick: () => {} };
  const total = duration(views[0].steps);
  const seen = () => views.find((view) => view.svg.getClientRects().length) ?? views[0];
  const slider = root.querySelector(".time");
  const button = root.querySelector(".play");
  const facts = root.querySelector(".facts");

  const say = (layer) => sayFacts(facts, data.facts[layer], data.start);
  const goTo = (time) => {
    app.time = Math.min(total, Math.max(0, time));
    views.forEach((view) => render(view, app.time));
    slider.value = app.time;
    const isOver = app.time >= total;
    root.dataset.reached = stepAt(views[0].steps, app.time).layer;
    root.dataset.state = app.isPlaying ? "playing" : isOver ? "done" : "paused";
    const label = app.isPlaying ? "❚❚ Pause" : isOver ? "▶ Play again" : "▶ Play";
    if (button.textContent !== label) button.textContent = label;
    if (!app.pointed && root.dataset.said !== root.dataset.reached + root.dataset.state) {
      root.dataset.said = root.dataset.reached + root.dataset.state;
      say(isOver ? null : root.dataset.reached);
    }
  };
  const play = () => {
    if (app.time >= total) app.time = 0;
    app.isPlaying = true;
    let last = performance.now();
    const tick = (now) => {
      if (!app.isPlaying || !root.isConnected) return;
      const passed = Math.min(100, Math.max(0, now - last)); // a tab that was hidden continues where it stopped
      last = now;
      if (app.time + passed >= total) app.isPlaying = false;
      goTo(app.time + passed);
      if (app.isPlaying) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  };
  app.stop = () => {
    app.isPlaying = false;
  };
  app.select = (layer) => {
    app.selected = layer;
    views.forEach((view) => mark(view, layer));
  };
  // The page may get its width, or the phone be turned, only after the choice.
  holder.observer?.disconnect();
  holder.observer = new ResizeObserver(() => app.select(app.selected));
  holder.observer.observe(holder);

  slider.max = total;
  slider.oninput = () => {
    app.stop();
    goTo(Number(slider.value));
  };
  slider.setAttribute("aria-valuetext", "");
  button.onclick = () => {
    if (app.isPlaying) app.stop();
    else play();
    goTo(app.time);
  };
  views.forEach((view) => listen(view, app, data, say));
  wireTools(root, holder, seen, data);
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  goTo(data.plays && !isStill ? 0 : total);
  if (data.plays && !isStill) play();
  return app;
}

function makeView(svg, pictures, root) {
  for (const image of svg.querySelectorAll("[data-picture]"))
    image.setAttribute("href", pictures[image.dataset.picture]);
  const [, , width, height] = svg.getAttribute("viewBox").split(" ");
  svg.dataset.size = `${width} ${height}`;
  const view = { svg, steps: timeline(svg), front: svg.querySelector(".front") };
  view.camera = makeCamera(svg, (isZoomed) => root.classList.toggle("zoomed", isZoomed));
  return view;
}

// Mark the chosen layer, and let the Tab key reach it, or the first layer if none is chosen.
function mark(view, layer) {
  const steps = view.steps;
  const reachable = steps.find((step) => step.layer === layer) ?? steps[0];
  const stage = reachable.group.dataset.stage;
  for (const step of steps) {
    step.group.classList.toggle("selected", step.layer === layer);
    step.group.classList.toggle("holds", Boolean(layer) && step.layer === stage); // the slab of a chosen relu3
    step.group.setAttribute("tabindex", step === reachable ? 0 : -1);
  }
  if (layer) reveal(reachable.group, view.svg.parentElement);
}

function reveal(group, holder) {
  if (holder.scrollWidth <= holder.clientWidth + 1) return;
  const [box, frame] = [group.getBoundingClientRect(), holder.getBoundingClientRect()];
  if (box.width) holder.scrollLeft += box.left + box.width / 2 - frame.left - frame.width / 2;
}

function listen(view, app, data, say) {
  const layerAt = (event) => event.target.closest("[data-layer]")?.dataset.layer;
  const point = (layer) => {
    if (app.pointed === layer) return;
    app.pointed = layer;
    peek(view, layer);
    if (layer) say(layer);
    else say(app.time >= duration(view.steps) ? null : stepAt(view.steps, app.time).layer);
  };
  const choose = (layer, channel) => {
    if (data.opens && layer) app.pick(channel ? `${layer}:${channel}` : layer);
    if (data.opens || !layer || layer === "input" || layer === app.selected) return;
    app.select(layer); // do not wait for Python's answer
    app.pick(layer);
  };
  view.svg.onpointerover = (event) => point(layerAt(event));
  view.svg.onpointerleave = () => point(undefined);
  view.svg.onfocusin = (event) => point(layerAt(event));
  view.svg.onfocusout = () => point(undefined);
  view.svg.onclick = (event) =>
    choose(layerAt(event), event.target.closest("[data-channel]")?.dataset.channel);
  view.svg.onkeydown = (event) => {
    const layer = layerAt(event);
    const at = view.steps.findIndex((step) => step.layer === layer);
    const forward = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const target = forward
      ? view.steps[at + forward]
      : { Home: view.steps[0], End: view.steps.at(-1) }[event.key];
    if (target) {
      event.preventDefault();
      view.steps.forEach((step) => step.group.setAttribute("tabindex", step === target ? 0 : -1));
      target.group.focus();
      if (!data.opens) choose(target.layer);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      choose(layer);
    } else if (event.key === "+" || event.key === "-") view.camera.zoomBy(event.key === "+" ? 1.4 : 1 / 1.4);
    else if (event.key === "0") view.camera.reset();
  };
}

// Hide the feature maps of later layers of the stage, which cover those of this layer.
function peek(view, layer) {
  const stage = view.steps.find((step) => step.layer === layer)?.group.dataset.stage;
  let isAfter = false;
  for (const { group } of view.steps) {
    const pictures = group.querySelector(":scope > .pictures");
    if (pictures) pictures.style.visibility = isAfter && group.dataset.stage === stage ? "hidden" : "";
    if (group.dataset.layer === layer) isAfter = true;
  }
}

function sayFacts(place, facts, start) {
  const parts = facts
    ? [
        ["strong", facts.name],
        ["span", facts.kind],
        ["span", facts.shape],
        ["span", facts.parameters],
        ...facts.formulas.map((formula) => ["span", formula, "formula"]),
        ["span", facts.note],
      ]
    : [["span", start]];
  place.replaceChildren(
    ...parts
      .filter(([, text]) => text)
      .map(([tag, text, kind]) =>
        Object.assign(document.createElement(tag), { textContent: text, className: kind ?? "" }),
      ),
  );
}

function wireTools(root, holder, seen, data) {
  root.querySelector(".nearer").onclick = () => seen().camera.zoomBy(1.4);
  root.querySelector(".farther").onclick = () => seen().camera.zoomBy(1 / 1.4);
  root.querySelector(".reset").onclick = () => seen().camera.reset();
  for (const choice of root.querySelectorAll("[data-save]"))
    choice.onclick = () => {
      root.querySelector(".save").open = false;
      save(seen().svg, data.styles, ...choice.dataset.save.split("-"), data.name);
    };
  if (root.isListening) return;
  root.isListening = true;
  listenToCamera(holder, () => root.app.views.find((view) => view.svg.getClientRects().length).camera);
}
