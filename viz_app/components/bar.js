// The bar above every page: the app's name, pages in groups, a search over them, the presenter view.
//
// data: { name, home, here, presenter, groups: [{ title, sentence, pages: [{ file, title, icon, sentence }] }] }
// Goes to a page by the hidden link `.st-key-link-<file>`. Sends the trigger "presenter" (true or false).
// Keys: "/" opens the search, "p" switches the presenter view, Escape closes what is open.

const SEARCH = "search";

export default function ({ data, parentElement, setTriggerValue }) {
  const bar = parentElement.querySelector(".bar");
  const panel = parentElement.querySelector(".panel");
  bar.state ??= { open: null, chosen: 0, query: "" }; // a new call of this function must not undo them
  const state = bar.state;
  const pages = data.groups.flatMap((group) => group.pages.map((page) => ({ ...page, group: group.title })));
  const here = pages.find((page) => page.file === data.here);

  const element = (tag, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };
  const icon = (name) => element("span", { className: "icon", textContent: name, ariaHidden: "true" });

  const go = (file) => {
    close();
    // Streamlit's own link ends what the page repeats, such as the progress of work. Otherwise an answer to
    // the old page may arrive in the new one, which leaves nothing but a blank page.
    if (file !== data.here) document.querySelector(`.st-key-link-${file} a`).click();
  };
  const link = (page, ...children) => {
    const made = element("a", { href: page.file === data.home ? "." : page.file }, ...children);
    if (page.file === data.here) made.setAttribute("aria-current", "page");
    made.onclick = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return; // a new tab
      event.preventDefault();
      go(page.file);
    };
    return made;
  };
  const entry = (page) =>
    link(
      page,
      icon(page.icon),
      element(
        "span",
        { className: "words" },
        element("b", { textContent: page.title }),
        element("small", { textContent: page.sentence }),
      ),
    );

  const close = () => {
    state.open = null;
    draw();
  };
  const toggle = (what) => {
    state.open = state.open === what ? null : what;
    state.chosen = 0;
    state.query = "";
    draw();
  };

  function menuButton(group) {
    const current = group.pages.find((page) => page.file === data.here);
    const button = element(
      "button",
      { className: "group", type: "button", onclick: () => toggle(group.title) },
      element("span", { textContent: group.title }),
      element("small", { textContent: current ? current.title : "" }),
    );
    button.ariaExpanded = String(state.open === group.title);
    button.classList.toggle("current", Boolean(current));
    return button;
  }

  function draw() {
    const [first, ...groups] = data.groups;
    const home = link({ file: data.home }, element("span", { className: "name", textContent: data.name }));
    home.className = "home";
    const all = element(
      "button",
      { className: "all", type: "button", onclick: () => toggle("all"), ariaLabel: "All pages" },
      icon("menu"),
      element("span", { textContent: here ? here.title : "Pages" }),
    );
    all.ariaExpanded = String(state.open === "all");
    const search = element(
      "button",
      {
        className: "tool find",
        type: "button",
        title: "Find a page (press /)",
        onclick: () => toggle(SEARCH),
      },
      icon("search"),
      element("kbd", { textContent: "/" }),
    );
    search.ariaLabel = "Find a page";
    const present = element(
      "button",
      {
        className: "tool present",
        type: "button",
        title: data.presenter ? "Leave the presenter view (press p)" : "Presenter view (press p)",
        onclick: () => setTriggerValue("presenter", !data.presenter),
      },
      icon(data.presenter ? "close_fullscreen" : "co_present"),
      element("kbd", { textContent: "p" }),
    );
    present.ariaLabel = data.presenter ? "Leave the presenter view" : "Presenter view";
    bar.replaceChildren(
      home,
      element(
        "nav",
        { ariaLabel: "Pages" },
        ...first.pages.map((page) => Object.assign(link(page, page.title), { className: "single" })),
        ...groups.map(menuButton),
      ),
      all,
      search,
      present,
    );
    drawPanel();
  }

  function drawPanel() {
    panel.hidden = state.open === null;
    panel.classList.toggle("wide", state.open === "all");
    if (panel.hidden) return panel.replaceChildren();
    if (state.open === SEARCH) return drawSearch();
    const groups = state.open === "all" ? data.groups : data.groups.filter((one) => one.title === state.open);
    panel.replaceChildren(
      ...groups.map((group) =>
        element(
          "section",
          {},
          ...(state.open === "all" ? [element("h2", { textContent: group.title })] : []),
          element("p", { textContent: group.sentence }),
          element("div", { className: "entries" }, ...group.pages.map(entry)),
        ),
      ),
    );
  }

  function drawSearch() {
    const field = element("input", {
      type: "search",
      value: state.query,
      placeholder: "Find a page: heat map, filter, shape …",
      autocomplete: "off",
    });
    field.ariaLabel = "Find a page";
    const list = element("div", { className: "entries" });
    const show = () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      const having = (text) => (page) => words.every((word) => text(page).toLowerCase().includes(word));
      const byTitle = pages.filter(having((page) => page.title));
      const byText = pages.filter(
        having((page) => `${page.title} ${page.sentence} ${page.words} ${page.group}`),
      );
      const found = [...new Set([...byTitle, ...byText])];
      state.chosen = Math.max(0, Math.min(state.chosen, found.length - 1));
      list.replaceChildren(
        ...found.map((page, index) => {
          const made = entry(page);
          made.classList.toggle("chosen", index === state.chosen);
          return made;
        }),
      );
      if (!found.length) list.append(element("p", { textContent: "No page speaks of that." }));
      return found;
    };
    field.oninput = () => {
      state.chosen = 0;
      state.query = field.value;
      show();
    };
    field.onkeydown = (event) => {
      event.stopPropagation(); // what is typed here is no shortcut
      if (event.key === "Escape") close();
      if (event.key === "Enter") {
        const page = show()[state.chosen];
        if (page) go(page.file);
      }
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        state.chosen += event.key === "ArrowDown" ? 1 : -1;
        show();
      }
    };
    panel.replaceChildren(field, list);
    show();
    field.focus();
  }

  const isTyping = (event) => {
    const target = event.composedPath()[0];
    return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
  };
  const onKey = (event) => {
    if (event.key === "Escape" && state.open) return close();
    if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") {
      event.preventDefault();
      if (state.open !== SEARCH) toggle(SEARCH);
    }
    if (event.key === "p") setTriggerValue("presenter", !data.presenter);
  };
  const onPress = (event) => {
    if (state.open && !event.composedPath().includes(parentElement)) close();
  };
  document.addEventListener("keydown", onKey);
  document.addEventListener("pointerdown", onPress);
  draw();
  return replaced(bar, () => {
    document.removeEventListener("keydown", onKey);
    document.removeEventListener("pointerdown", onPress);
  });
}
