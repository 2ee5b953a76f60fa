// A picture with regions that can be chosen by mouse, touch and keyboard.
//
// data: { source, alt, width, height, pixelated, regions: [[x, y, w, h], ...], labels, selected }
// Regions are in the picture's pixels. When one is chosen, its index is sent as the trigger "picked". Where
// `selected` is null, regions act as switches: arrow keys only move, and Enter or Space switches.

// Both in CSS pixels. TARGET is the smallest region that a finger hits (WCAG 2.2, target size). A picture is
// made wider than the screen so that its regions are as large as this, and then scrolls. But if it would
// become wider than WIDEST, as a feature map of 55 x 55 would, it is better to see the whole of it.
const TARGET = 24;
const WIDEST = 640;
const PHONE = 640; // screens of at most this width, in CSS pixels, are phones
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function center([x, y, w, h]) {
  return [x + w / 2, y + h / 2];
}

// Returns the nearest region in a direction. Distance to the side counts double.
function neighbour(regions, from, [dx, dy]) {
  const [fromX, fromY] = center(regions[from]);
  let best = from;
  let bestDistance = Infinity;
  regions.forEach((region, index) => {
    const [x, y] = center(region);
    const along = (x - fromX) * dx + (y - fromY) * dy;
    const aside = Math.abs((x - fromX) * dy) + Math.abs((y - fromY) * dx);
    const distance = along + 2 * aside;
    if (along > 0 && distance < bestDistance) [best, bestDistance] = [index, distance];
  });
  return best;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const scroller = parentElement.querySelector(".scroller");
  const frame = parentElement.querySelector(".frame");
  const image = parentElement.querySelector("img");
  const marker = parentElement.querySelector(".marker");
  const hover = parentElement.querySelector(".hover");
  const caption = parentElement.querySelector(".caption");
  const { regions, labels } = data;
  const keeps = data.selected !== null;
  frame.sent ??= [];
  const sent = frame.sent;
  let selected = keeps ? data.selected : frame.cursor; // the element outlives this call
  if (keeps && isOutdated(sent, data.selected)) selected = sent.at(-1);

  if (image.src !== data.source) image.src = data.source;
  image.alt = data.alt;
  image.style.aspectRatio = `${data.width} / ${data.height}`;
  image.style.imageRendering = data.pixelated ? "pixelated" : "auto";
  frame.setAttribute("aria-label", data.alt);
  const narrowest = Math.min(...regions.map(([, , w]) => w));
  const least = (TARGET * data.width) / narrowest;
  frame.style.setProperty("--least-width", least > WIDEST ? "0" : `${least}px`);

  const place = (element, index) => {
    const region = regions[index];
    element.hidden = !region;
    if (!region) return;
    const [x, y, w, h] = region;
    element.style.left = `${(100 * x) / data.width}%`;
    element.style.top = `${(100 * y) / data.height}%`;
    element.style.width = `${(100 * w) / data.width}%`;
    element.style.height = `${(100 * h) / data.height}%`;
  };
  const name = (index) => (labels ? labels[index] : `${index}`) ?? "";
  const show = () => {
    place(marker, selected);
    bringIntoView();
    caption.textContent = name(selected);
    frame.setAttribute("aria-valuetext", name(selected));
    frame.setAttribute("aria-valuenow", selected ?? 0);
    frame.setAttribute("aria-valuemax", regions.length - 1);
  };
  const bringIntoView = () => {
    const left = marker.offsetLeft;
    const right = left + marker.offsetWidth;
    const seen = scroller.scrollLeft;
    if (!marker.hidden && (left < seen || right > seen + scroller.clientWidth))
      scroller.scrollLeft = (left + right - scroller.clientWidth) / 2;
  };
  // Picture and screen may get their widths only after this call, each at its own time.
  frame.reveal = bringIntoView;
  frame.observer ??= new ResizeObserver(() => frame.reveal());
  frame.observer.observe(frame);
  frame.observer.observe(scroller);
  const regionAt = (event) => {
    const box = image.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * data.width;
    const y = ((event.clientY - box.top) / box.height) * data.height;
    return regions.findIndex(([left, top, w, h]) => x >= left && x < left + w && y >= top && y < top + h);
  };
  // On a phone the sidebar covers the page: after a choice in it, one wants to see the page.
  const closeDrawer = () => {
    const sidebar = parentElement.getRootNode().host?.closest('[data-testid="stSidebar"]');
    if (sidebar && innerWidth <= PHONE)
      sidebar.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
  };
  const pick = (index) => {
    if (index < 0 || (keeps && index === selected)) return;
    if (keeps) {
      sent.push(index);
      move(index);
    }
    setTriggerValue("picked", index);
    closeDrawer();
  };
  const move = (index) => {
    selected = index;
    if (!keeps) frame.cursor = index;
    show();
  };

  frame.onclick = (event) => pick(regionAt(event));
  frame.onmousemove = (event) => {
    const index = regionAt(event);
    place(hover, index);
    caption.textContent = name(index < 0 ? selected : index);
  };
  frame.onmouseleave = () => {
    hover.hidden = true;
    caption.textContent = name(selected);
  };
  frame.onkeydown = (event) => {
    const direction = ARROWS[event.key];
    const picks = !keeps && (event.key === "Enter" || event.key === " ");
    if (!direction && !picks) return;
    event.preventDefault();
    if (picks) return regions[selected] && pick(selected);
    const next = regions[selected] ? neighbour(regions, selected, direction) : 0;
    return keeps ? pick(next) : move(next);
  };
  frame.onblur = () => {
    if (!keeps) move(undefined);
  };
  hover.hidden = true;
  show();
}
