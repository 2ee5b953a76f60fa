// Keep an id in this tab of the browser that survives a reload, and one entry in its history for each page.
// Nothing is drawn.
//
// data: { id, waits }
// id: of the session. waits: whether Python waits for an answer.
// The answer is the trigger "answer": the id of the session that this tab had before; "" if there was none and
// Python waits.
const KEY = "alexnet-explorer-tab";

// Without this, each change of the address within a page would be an entry in the history, and "back" would go
// through all of them. Here each page has one entry, the latest: "back" shows the page before as it was left.
function keepOneEntryForEachPage() {
  const { history } = window;
  if (history.pushState.isForPages) return;
  const push = history.pushState.bind(history);
  history.pushState = (state, title, url) => {
    const isSamePage = url && new URL(url, document.location).pathname === document.location.pathname;
    return isSamePage ? history.replaceState(state, title, url) : push(state, title, url);
  };
  history.pushState.isForPages = true;
}

// Return the id that was stored, and store the new one. If the browser forbids this, a reload starts afresh.
function stored(id) {
  try {
    const before = window.sessionStorage.getItem(KEY) ?? "";
    window.sessionStorage.setItem(KEY, id);
    return before;
  } catch {
    return "";
  }
}

export default function ({ data, setTriggerValue }) {
  keepOneEntryForEachPage();
  const before = stored(data.id);
  const isAnother = before !== "" && before !== data.id;
  if (isAnother || data.waits) setTriggerValue("answer", isAnother ? before : "");
}
