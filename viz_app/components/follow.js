// What a class shows in every browser: who is there, and whether the teacher has shown something new.
//
// data: { code, student, secret, version, answers, teaches, follows }
// Asks api/class/<code> once a second. Sends the trigger "news" when the version is not the one on screen, when
// a teacher's count of answers is not, or when the class has ended.
const PERIOD = 1000; // milliseconds
const AGAIN = 5000; // after which news that changed nothing is sent again: it may have been lost

export default function ({ data, parentElement, setTriggerValue }) {
  const text = parentElement.querySelector(".present");
  // The pages of the app have addresses side by side, so "." is where the app itself is.
  const url = new URL(`api/class/${encodeURIComponent(data.code)}`, new URL(".", document.location.href));
  if (data.teaches) url.searchParams.set("secret", data.secret);
  else url.searchParams.set("student", data.student);
  let timer = 0;
  let stopped = false;
  let sent = "";
  let sentAt = 0;

  // While the page is being drawn, news would ask Streamlit for the page that is about to be left.
  const isDrawing = () =>
    document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState !== "notRunning";
  const tell = (news) => {
    if (isDrawing() || (news === sent && Date.now() - sentAt < AGAIN)) return;
    sent = news;
    sentAt = Date.now();
    setTriggerValue("news", news);
  };
  const show = (now) => {
    const there = now.present === 1 ? "1 student" : `${now.present} students`;
    const role = data.teaches
      ? ""
      : data.follows
        ? ". You follow the teacher."
        : ". You explore on your own.";
    text.replaceChildren(Object.assign(document.createElement("b"), { textContent: `Class ${data.code}` }));
    text.append(`, ${there}${role}`);
    if (!data.teaches && data.follows && now.version !== data.version) tell(`view ${now.version}`);
    if (data.teaches && now.answers !== data.answers) tell(`answers ${now.answers}`);
  };
  const ask = async () => {
    try {
      const answer = await fetch(url, { cache: "no-store" });
      if (stopped) return;
      const now = await answer.json();
      if (now.ended) tell("ended");
      else show(now);
    } catch {
      // The server is away for a moment. The next question comes in a second.
    }
    if (!stopped) timer = setTimeout(ask, PERIOD);
  };
  ask();
  return replaced(text, () => {
    stopped = true;
    clearTimeout(timer);
  });
}
