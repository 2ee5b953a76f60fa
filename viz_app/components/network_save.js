// Save the diagram as SVG or PNG, in colour or in grey, with its pictures inside. In an SVG, text stays text. The
// light, hidden feature maps and areas for clicks are removed.

const XLINK = "http://www.w3.org/1999/xlink";
const PNG_WIDTH = 2800; // pixels: sharp on a slide and in print

async function asSvg(svg, colours, isGrey) {
  const copy = svg.cloneNode(true);
  const [width, height] = copy.dataset.size.split(" ");
  copy.setAttribute("viewBox", `0 0 ${width} ${height}`);
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  copy.setAttribute("role", "img");
  copy.querySelectorAll(".light, .hit, defs").forEach((part) => part.remove());
  keepTheLast(copy);
  for (const part of [copy, ...copy.querySelectorAll("*")])
    for (const name of ["style", "tabindex", "pointer-events"]) part.removeAttribute(name);
  copy.querySelectorAll("[data-layer]").forEach((part) => {
    part.removeAttribute("role");
    part.classList.remove("current", "selected");
  });
  copy.querySelector("style").textContent = colours;
  copy
    .querySelector("style")
    .insertAdjacentHTML("afterend", '<rect class="paper" width="100%" height="100%"/>');
  for (const image of copy.querySelectorAll("image")) {
    const picture = image.getAttribute("href");
    image.removeAttribute("href"); // other programs know only the older name, xlink:href
    image.removeAttribute("data-picture");
    image.setAttributeNS(XLINK, "xlink:href", isGrey ? await inGrey(picture) : picture);
  }
  return new XMLSerializer().serializeToString(copy);
}

// Remove the feature maps that are covered by those of a later layer of the stage.
function keepTheLast(svg) {
  const stages = Map.groupBy
    ? Map.groupBy(svg.querySelectorAll("[data-stage]"), (group) => group.dataset.stage)
    : new Map();
  if (!stages.size)
    svg.querySelectorAll("[data-stage]").forEach((group) => {
      const stage = group.dataset.stage;
      stages.set(stage, [...(stages.get(stage) ?? []), group]);
    });
  for (const groups of stages.values()) {
    const filled = groups.filter((group) => group.querySelector(":scope > .pictures :is(image, .silent)"));
    for (const group of filled.slice(0, -1))
      group
        .querySelectorAll(":scope > .pictures > [data-channel], :scope > .pictures > image")
        .forEach((map) => map.remove());
  }
}

async function load(source) {
  const image = new Image();
  image.src = source;
  await image.decode();
  return image;
}

async function inGrey(source) {
  const image = await load(source);
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0);
  const pixels = pen.getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 0; at < pixels.data.length; at += 4) {
    const [red, green, blue] = pixels.data.subarray(at, at + 3);
    pixels.data.fill(0.2126 * red + 0.7152 * green + 0.0722 * blue, at, at + 3);
  }
  pen.putImageData(pixels, 0, 0);
  return canvas.toDataURL("image/png");
}

async function asPng(text) {
  const image = await load(`data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`);
  const canvas = document.createElement("canvas");
  const scale = PNG_WIDTH / image.naturalWidth;
  canvas.width = PNG_WIDTH;
  canvas.height = Math.round(image.naturalHeight * scale);
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

// kind: "svg" or "png"; tone: "colour" or "grey".
async function save(svg, styles, kind, tone, name) {
  const text = await asSvg(svg, styles[tone], tone === "grey");
  const blob = kind === "svg" ? new Blob([text], { type: "image/svg+xml" }) : await asPng(text);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${name}${tone === "grey" ? "-grey" : ""}.${kind}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
