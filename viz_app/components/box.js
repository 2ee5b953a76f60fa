// A picture on which a box is drawn, moved and resized by mouse, touch and keyboard.
//
// data: { source, alt, width, height, box: [left, top, right, bottom] }; sizes are in the picture's pixels.
// A new box is sent once, as the trigger "drawn", when the pointer or the key is released.

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const SMALLEST = 2; // pixels; a smaller box counts as a click
const GRIP = { mouse: 9, pen: 9, touch: 22 }; // a corner can be dragged from so many screen pixels away

const between = (low, value, high) => Math.max(low, Math.min(value, high));

export default function ({ data, parentElement, setTriggerValue }) {
  const frame = parentElement.querySelector(".frame");
  const image = parentElement.querySelector("img");
  const mark = parentElement.querySelector(".box");
  const caption = parentElement.querySelector(".caption");
  const { width, height } = data;
  // Stored on the element, where the next call finds it: Streamlit may call again in the middle of a drag.
  frame.live ??= { drag: null, key: false, choices: [] };
  const live = frame.live;
  if (!isOutdated(live.choices, data.box)) {
    live.sent = data.box; // the box that Python knows, or will know soon
    if (!live.drag && !live.key) live.box = data.box;
  }

  if (image.src !== data.source) image.src = data.source;
  image.alt = data.alt;
  image.style.aspectRatio = `${width} / ${height}`;
  frame.setAttribute("aria-label", `${data.alt}. Arrow keys move the box; with Shift, they resize it.`);

  const show = () => {
    const [left, top, right, bottom] = live.box;
    mark.style.left = `${(100 * left) / width}%`;
    mark.style.top = `${(100 * top) / height}%`;
    mark.style.width = `${(100 * (right - left)) / width}%`;
    mark.style.height = `${(100 * (bottom - top)) / height}%`;
    caption.textContent =
      `rows ${top} to ${bottom - 1}, columns ${left} to ${right - 1}: ` +
      `${bottom - top} × ${right - left} of ${height} × ${width} pixels`;
  };
  const settle = () => {
    const [left, top, right, bottom] = live.box;
    if (right - left < SMALLEST || bottom - top < SMALLEST) live.box = live.sent;
    show(); // at once: Python's answer comes later
    if (live.box.every((edge, index) => edge === live.sent[index])) return;
    live.sent = live.box;
    live.choices.push(live.box);
    setTriggerValue("drawn", live.box);
  };

  const place = (event) => {
    const on = image.getBoundingClientRect();
    const x = Math.round(((event.clientX - on.left) / on.width) * width);
    const y = Math.round(((event.clientY - on.top) / on.height) * height);
    return [between(0, x, width), between(0, y, height)];
  };
  const spanned = ([x, y], [toX, toY]) => [
    Math.min(x, toX),
    Math.min(y, toY),
    Math.max(x, toX),
    Math.max(y, toY),
  ];
  const moved = ([left, top, right, bottom], x, y) => {
    const [dx, dy] = [between(-left, x, width - right), between(-top, y, height - bottom)];
    return [left + dx, top + dy, right + dx, bottom + dy];
  };

  // Returns the corner under the pointer as two indices into the box: [0 or 2, 1 or 3].
  const cornerAt = (event) => {
    const on = mark.getBoundingClientRect();
    const most = GRIP[event.pointerType] ?? GRIP.mouse;
    const grip = Math.min(most, on.width / 3, on.height / 3); // a small box can still be moved
    const near = (a, b) => Math.abs(a - b) <= grip;
    const sideways = near(event.clientX, on.right) ? 2 : near(event.clientX, on.left) ? 0 : null;
    const upright = near(event.clientY, on.bottom) ? 3 : near(event.clientY, on.top) ? 1 : null;
    return sideways === null || upright === null ? null : [sideways, upright];
  };
  const isInside = (event) => {
    const [x, y] = place(event);
    return x > live.box[0] && x < live.box[2] && y > live.box[1] && y < live.box[3];
  };

  frame.onpointerdown = (event) => {
    if (event.button !== 0) return;
    frame.setPointerCapture(event.pointerId); // the drag goes on outside the picture
    const corner = cornerAt(event);
    const [startX, startY] = place(event);
    const start = live.box;
    if (corner) {
      const opposite = [start[2 - corner[0]], start[4 - corner[1]]];
      live.drag = (to) => spanned(opposite, to);
    } else if (isInside(event)) {
      live.drag = ([x, y]) => moved(start, x - startX, y - startY);
    } else {
      live.drag = (to) => spanned([startX, startY], to);
    }
  };
  frame.onpointermove = (event) => {
    if (live.drag) {
      live.box = live.drag(place(event));
      show();
      return;
    }
    const corner = cornerAt(event);
    if (corner) frame.style.cursor = corner[0] + 1 === corner[1] ? "nwse-resize" : "nesw-resize";
    else frame.style.cursor = isInside(event) ? "move" : "crosshair";
  };
  frame.onpointerup = () => {
    if (!live.drag) return;
    live.drag = null;
    settle();
  };
  frame.onpointercancel = () => {
    live.drag = null;
    live.box = live.sent;
    show();
  };

  const step = Math.max(1, Math.round(width / 100));
  frame.onkeydown = (event) => {
    const direction = ARROWS[event.key];
    if (!direction) return;
    event.preventDefault();
    live.key = true;
    const [dx, dy] = direction.map((part) => part * step);
    const [left, top, right, bottom] = live.box;
    live.box = event.shiftKey
      ? [left, top, between(left + SMALLEST, right + dx, width), between(top + SMALLEST, bottom + dy, height)]
      : moved(live.box, dx, dy);
    show();
  };
  const letGo = () => {
    live.key = false;
    settle();
  };
  frame.onkeyup = (event) => {
    if (ARROWS[event.key]) letGo();
  };
  frame.onblur = () => {
    if (live.key) letGo();
  };
  show();
}
