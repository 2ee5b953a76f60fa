"""Measure what is wrong with a page's layout: cut text, small type, overlaps, a subject too far down."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from viz_app.lessons.highlights import HIGHLIGHTS

SMALLEST = 12  # pixels: any text
RUNNING = 16  # pixels: sentences
IN_FIGURES = 13  # pixels: digits and names in charts, at a width of 1280 or more

# Each finding is a short sentence. Shadow roots, in which components are, are searched, too.
MEASURE = """([smallest, running, inFigures, subject]) => {
  const found = new Set();
  const name = (element) =>
    (element.innerText ?? element.textContent ?? "").trim().replace(/\\s+/g, " ").slice(0, 50);
  const all = (root) => [...root.querySelectorAll("*")].flatMap(
    (one) => [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])]);
  const isVisible = (one) => {
    const box = one.getBoundingClientRect();
    const inView = box.width > 1 && box.height > 1 && box.right > 0 && box.left < innerWidth;
    return inView && one.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  };
  const ownText = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const elements = all(document.querySelector("[data-testid=stApp]")).filter(
    (one) => one instanceof HTMLElement || one instanceof SVGElement);
  const isIcon = (one) => /material|icon/i.test(getComputedStyle(one).fontFamily + one.className);
  const scrolls = (one) => {
    for (let up = one; up; up = up.parentElement)
      if (/auto|scroll/.test(getComputedStyle(up).overflowX) && up.scrollWidth > up.clientWidth) return true;
    return false;
  };
  const isHidden = (one) => one.closest(".katex-mathml, [aria-hidden=true], .st-key-links, noscript, style");
  for (const one of elements) {
    if (!ownText(one) || isHidden(one) || isIcon(one) || !isVisible(one)) continue;
    const style = getComputedStyle(one);
    const size = parseFloat(style.fontSize);
    const isFormula = one.closest(".katex");
    if (one instanceof SVGElement) {
      const svg = one.closest("svg");
      const [box, chart] = [one.getBoundingClientRect(), svg.getBoundingClientRect()];
      const outside = Math.max(chart.left - box.left, box.right - chart.right,
        chart.top - box.top, box.bottom - chart.bottom);
      if (outside > 2 && getComputedStyle(svg).overflow !== "visible")
        found.add(`outside its chart: ${name(one)}`);
      const scale = svg.viewBox.baseVal?.width ? chart.width / svg.viewBox.baseVal.width : 1;
      const isExponent = one.tagName === "tspan";
      const isInChart = innerWidth >= 1280 && one.closest(".js-plotly-plot") && !isExponent;
      if (isInChart && size * scale < inFigures - 0.1)
        found.add(`${(size * scale).toFixed(1)} px in a chart: ${name(one)}`);
      continue;
    }
    if (size < smallest - 0.1 && !isFormula) found.add(`${size.toFixed(1)} px: ${name(one)}`);
    const isSentence = one.matches("[data-testid=stMarkdown] p, [data-testid=stMarkdown] li");
    if (isSentence && !one.closest("[data-testid=stCaptionContainer]") && size < running - 0.1)
      found.add(`${size.toFixed(1)} px in a sentence: ${name(one)}`);
    const cuts = /hidden|clip/.test(style.overflowX) && one.scrollWidth > one.clientWidth + 1;
    if (cuts && !scrolls(one)) found.add(`cut: ${name(one)}`);
  }
  const controls = elements.filter((one) => one instanceof HTMLElement && !isHidden(one) && isVisible(one)
    && one.matches("button, a[href], textarea, input:not([type=checkbox], [type=radio], [type=range])"));
  const boxes = controls.map((one) => [one, one.getBoundingClientRect()]);
  for (const [index, [one, a]] of boxes.entries())
    for (const [other, b] of boxes.slice(index + 1)) {
      const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      const floats = [one, other].some((each) => each.closest("[data-testid=stElementToolbar], "
        + "[data-testid=stHeader], .st-key-bar, .st-key-lesson, .modebar, [data-testid=stSidebar]"));
      const isOneWidget = one.closest(".react-aria-ComboBox, [data-testid=stNumberInput]")?.contains(other);
      if (width > 4 && height > 4 && !floats && !isOneWidget && !one.contains(other) && !other.contains(one))
        found.add(`overlap: ${name(one) || one.tagName} and ${name(other) || other.tagName}`);
    }
  if (subject) {
    const shown = document.querySelector(`.st-key-${CSS.escape(subject)}`);
    if (!shown) found.add(`no ${subject}`);
    else if (shown.getBoundingClientRect().top > 0.8 * innerHeight) found.add(`below the fold: ${subject}`);
  }
  return [...found];
}"""


def faults(page: Page, file: str) -> list[str]:
    """Return what is wrong with the layout of a page, each as a short sentence.

    Args:
        file: file name of the page. The first of its elements in `HIGHLIGHTS` is its subject.
    """
    is_wide = page.evaluate("innerWidth") >= 1280
    subject = next(iter(HIGHLIGHTS.get(file, {})), "") if is_wide else ""
    found: list[str] = page.evaluate(MEASURE, [SMALLEST, RUNNING, IN_FIGURES, subject])
    return found


def barriers(page: Page) -> list[str]:
    """Return what axe finds serious or critical for users with a screen reader, a keyboard or weak eyes."""
    # Browsers let the keyboard reach what scrolls, such as a long formula, without a mark in the page.
    rules = {"scrollable-region-focusable": {"enabled": False}}
    found = Axe().run(page, options={"resultTypes": ["violations"], "rules": rules}).response["violations"]
    return [
        f"{one['id']}: {node['target']}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
