// Zoom and move by changing the viewBox, so that lines and text are sharp at any size.

const CLOSEST = 12;

function makeCamera(svg, onChange) {
  const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  const seen = { x: 0, y: 0, zoom: 1 };

  const apply = () => {
    const w = width / seen.zoom;
    const h = height / seen.zoom;
    seen.x = Math.min(Math.max(0, seen.x), width - w);
    seen.y = Math.min(Math.max(0, seen.y), height - h);
    svg.setAttribute("viewBox", `${seen.x.toFixed(2)} ${seen.y.toFixed(2)} ${w.toFixed(2)} ${h.toFixed(2)}`);
    onChange(seen.zoom > 1.001);
  };
  // Return a point on the screen in the units of the diagram.
  const point = (clientX, clientY) => {
    const place = new DOMPoint(clientX, clientY).matrixTransform(svg.getScreenCTM().inverse());
    return { x: place.x, y: place.y };
  };
  return {
    get isZoomed() {
      return seen.zoom > 1.001;
    },
    // Zoom in or out. The point under the pointer stays there.
    zoomBy(factor, clientX, clientY) {
      const box = svg.getBoundingClientRect();
      const at = point(clientX ?? box.left + box.width / 2, clientY ?? box.top + box.height / 2);
      const zoom = Math.min(CLOSEST, Math.max(1, seen.zoom * factor));
      const kept = seen.zoom / zoom;
      seen.x = at.x - (at.x - seen.x) * kept;
      seen.y = at.y - (at.y - seen.y) * kept;
      seen.zoom = zoom;
      apply();
    },
    moveBy(dx, dy) {
      const scale = svg.getScreenCTM().a;
      seen.x -= dx / scale;
      seen.y -= dy / scale;
      apply();
    },
    reset() {
      Object.assign(seen, { x: 0, y: 0, zoom: 1 });
      apply();
    },
  };
}

// Zoom with Ctrl and the wheel, which is also what a pinch on a touchpad sends, or with two fingers. Move by
// dragging. The wheel alone scrolls the page.
function listenToCamera(element, camera) {
  const fingers = new Map();
  let spread = 0;
  let moved = 0;

  element.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      camera().zoomBy(
        Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.004)),
        event.clientX,
        event.clientY,
      );
    },
    { passive: false },
  );
  element.addEventListener("pointerdown", (event) => {
    fingers.set(event.pointerId, event);
    moved = 0;
    spread = 0;
  });
  element.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    fingers.set(event.pointerId, event);
    if (fingers.size === 2) {
      const [a, b] = [...fingers.values()];
      const now = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
      if (spread) camera().zoomBy(now / spread, (a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2);
      spread = now;
      moved += 9;
    } else if (camera().isZoomed) {
      const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
      moved += Math.abs(dx) + Math.abs(dy);
      camera().moveBy(dx, dy);
    }
  });
  for (const kind of ["pointerup", "pointercancel", "pointerleave"])
    element.addEventListener(kind, (event) => fingers.delete(event.pointerId));
  // The browser also reports a click at the end of a drag. It is ignored.
  element.addEventListener(
    "click",
    (event) => {
      if (moved > 6) event.stopPropagation();
      moved = 0;
    },
    true,
  );
}
