// Where do the packages lie? A picture of all of them, with the query and its neighbours on it.
import { byId } from "./dom.js";
import { newest } from "./engine.js";

const REACH = 14; // how many pixels beside a dot still mean it
const DOT = 0.4; // how dark one dot is

export function map(engine, onChoose) {
  const canvas = byId("map");
  const caption = byId("map-caption");
  const context = canvas.getContext("2d");
  const quiet = caption.textContent;
  let points = null; // x, y of each id, 0 to 65535
  let marked = { query: null, neighbours: [] };
  let pointed = null;
  let base = null; // all the dots, drawn once for this size and these colours

  const margin = 10;
  let width = 0;
  let height = 0;
  const place = (id) => [
    margin + (points[2 * id] / 65535) * (width - 2 * margin),
    margin + (1 - points[2 * id + 1] / 65535) * (height - 2 * margin),
  ];
  const colour = (name) => getComputedStyle(canvas).getPropertyValue(name).trim();

  function prepare(target, sharpness) {
    target.setTransform(sharpness, 0, 0, sharpness, 0, 0);
    target.clearRect(0, 0, width, height);
  }

  /** Counts the dots on each pixel, and lets more of them be darker: faster than to paint 20,000 squares. */
  function drawBase() {
    const sharpness = Math.min(devicePixelRatio, 3);
    canvas.width = Math.round(width * sharpness);
    canvas.height = Math.round(height * sharpness);
    base = document.createElement("canvas");
    base.width = canvas.width;
    base.height = canvas.height;
    const target = base.getContext("2d");
    const image = target.createImageData(base.width, base.height);
    const size = Math.max(1, Math.round((width / 420) * sharpness));
    for (let id = 0; id < points.length / 2; id++) {
      const [x, y] = place(id);
      const corner = Math.round(y * sharpness - size / 2) * base.width + Math.round(x * sharpness - size / 2);
      for (let row = 0; row < size; row++) {
        for (let column = 0; column < size; column++) {
          const alpha = 4 * (corner + row * base.width + column) + 3;
          image.data[alpha] += (255 - image.data[alpha]) * DOT;
        }
      }
    }
    target.putImageData(image, 0, 0);
    target.globalCompositeOperation = "source-in";
    target.fillStyle = colour("--ink");
    target.fillRect(0, 0, base.width, base.height);
  }

  function dot(id, radius, style) {
    const [x, y] = place(id);
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = style;
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = colour("--paper");
    context.stroke();
  }

  function draw() {
    if (!points || width === 0) return;
    if (!base) drawBase();
    prepare(context, Math.min(devicePixelRatio, 3));
    context.drawImage(base, 0, 0, width, height);
    const accent = colour("--accent");
    if (marked.query !== null) {
      context.strokeStyle = colour("--accent-bar");
      context.lineWidth = 1;
      for (const id of marked.neighbours) {
        context.beginPath();
        context.moveTo(...place(marked.query));
        context.lineTo(...place(id));
        context.stroke();
      }
    }
    for (const id of marked.neighbours) dot(id, 4, accent);
    if (marked.query !== null) dot(marked.query, 6.5, colour("--ink"));
    if (pointed !== null) dot(pointed, 5, colour("--warn"));
  }

  /** Returns the id of the dot nearest to a place on the canvas, or null when none is within reach. */
  function under({ offsetX, offsetY }) {
    let nearest = null;
    let least = REACH * REACH;
    for (let id = 0; id < points.length / 2; id++) {
      const [x, y] = place(id);
      const distance = (x - offsetX) ** 2 + (y - offsetY) ** 2;
      if (distance < least) [nearest, least] = [id, distance];
    }
    return nearest;
  }

  const describe = newest(async (id) => {
    const found = await engine.call("describe", id);
    if (id === pointed) caption.replaceChildren(Object.assign(document.createElement("strong"), { textContent: found.name }), ` ${found.description}`);
  });

  function point(id) {
    if (id === pointed) return;
    pointed = id;
    canvas.style.cursor = id === null ? "default" : "pointer";
    if (id === null) caption.textContent = quiet;
    else describe(id);
    draw();
  }

  canvas.addEventListener("pointermove", (event) => points && event.pointerType === "mouse" && point(under(event)));
  canvas.addEventListener("pointerleave", () => points && point(null));
  canvas.addEventListener("click", async (event) => {
    const id = points && under(event);
    if (id !== null && id !== undefined) onChoose(await engine.call("describe", id));
  });

  const again = () => {
    base = null;
    [width, height] = [canvas.clientWidth, canvas.clientHeight];
    requestAnimationFrame(draw);
  };
  new ResizeObserver(again).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);

  return {
    ready(positions) {
      points = positions;
      again();
    },
    mark(query, neighbours) {
      marked = { query, neighbours };
      draw();
    },
  };
}
