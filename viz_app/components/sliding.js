// A window that slides over a layer's input, while the activation computed from it is marked in the output.
//
// data: { input, output: { source, alt, rows, columns }, kernel, stride, padding, row, column }
// Sizes are in activations. When an activation is chosen, row * columns + column is sent as the trigger
// "picked".

const STEP = 140; // milliseconds from one activation to the next while playing
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

export default function ({ data, parentElement, setTriggerValue }) {
  const find = (selector) => parentElement.querySelector(selector);
  const { input, output, kernel, stride, padding } = data;
  const bench = find(".bench");
  bench.sent ??= [];
  const sent = bench.sent;
  let position = data.row * output.columns + data.column;
  if (isOutdated(sent, position)) position = sent.at(-1);

  const show = (name, side, pad) => {
    const image = find(`.${name} img`);
    if (image.src !== side.source) image.src = side.source;
    image.alt = side.alt;
    find(`.${name} figcaption`).textContent = side.alt;
    const [rows, columns] = [side.rows + 2 * pad, side.columns + 2 * pad];
    find(`.${name} .frame`).style.aspectRatio = `${columns} / ${rows}`;
    put(image, [pad, pad, side.columns, side.rows], [columns, rows]);
  };
  const put = (element, [x, y, width, height], [columns, rows]) => {
    element.style.left = `${(100 * x) / columns}%`;
    element.style.top = `${(100 * y) / rows}%`;
    element.style.width = `${(100 * width) / columns}%`;
    element.style.height = `${(100 * height) / rows}%`;
  };
  const move = () => {
    const [row, column] = [Math.floor(position / output.columns), position % output.columns];
    const window_ = [column * stride, row * stride, kernel, kernel]; // from the padded corner
    put(find(".window"), window_, [input.columns + 2 * padding, input.rows + 2 * padding]);
    put(find(".cell"), [column, row, 1, 1], [output.columns, output.rows]);
    find(".place").textContent = `row ${row}, column ${column}`;
  };
  const stop = () => {
    clearInterval(bench.timer);
    bench.timer = undefined;
    find(".play").textContent = "Play";
  };
  const choose = (next) => {
    stop();
    position = next;
    move();
    sent.push(position);
    setTriggerValue("picked", position);
  };
  const count = output.rows * output.columns;
  const step = (by) => choose((position + by + count) % count);
  const play = () => {
    if (bench.timer) return choose(position);
    find(".play").textContent = "Pause";
    bench.timer = setInterval(() => {
      position = (position + 1) % count;
      move();
    }, STEP);
  };

  stop();
  show("input", input, padding);
  show("output", output, 0);
  move();
  find(".play").onclick = play;
  find(".back").onclick = () => step(-1);
  find(".next").onclick = () => step(1);
  find(".output .frame").onclick = (event) => {
    const box = find(".output .frame").getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * output.columns);
    const row = Math.floor(((event.clientY - box.top) / box.height) * output.rows);
    choose(Math.min(row, output.rows - 1) * output.columns + Math.min(column, output.columns - 1));
  };
  bench.onkeydown = (event) => {
    if (event.key === " " && event.target === bench) {
      event.preventDefault();
      return play();
    }
    const direction = MOVES[event.key];
    if (!direction) return;
    event.preventDefault();
    const row = Math.floor(position / output.columns) + direction[0];
    const column = (position % output.columns) + direction[1];
    if (row < 0 || column < 0 || row >= output.rows || column >= output.columns) return;
    choose(row * output.columns + column);
  };
  return stop;
}
