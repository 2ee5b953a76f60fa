// A camera that takes photos as long as a button is held.
//
// data: { room, got }: how many photos may still be taken, and how many Python has got from here so far.
// When the button is released, the trigger "taken" sends { upTo, photos }: JPEGs as data URLs, and the number of
// the last one. Streamlit may forget a trigger if another follows while the page is busy. So photos are kept,
// and sent again, until Python has got them.

const EVERY = 250; // milliseconds from one photo to the next
const SIDE = 320; // pixels; the shorter side of a photo
const PROBLEMS = {
  NotAllowedError: "The browser does not allow the camera. Allow it for this page, then switch it on again.",
  NotFoundError: "There is no camera.",
  NotReadableError: "Another program uses the camera. Close that program, then switch it on again.",
};

export default function ({ data, parentElement, setTriggerValue }) {
  const camera = parentElement.querySelector(".camera");
  const video = camera.querySelector("video");
  const button = camera.querySelector(".take");
  const other = camera.querySelector(".other");
  const told = camera.querySelector(".told");
  // Stored on the element, where the next call finds it: the camera stays on when there are new data.
  camera.live ??= { stream: null, turn: 0, cameras: [], timer: 0, count: data.got, photos: [] };
  const live = camera.live;
  live.photos.splice(0, live.photos.length - Math.max(0, live.count - data.got));

  const say = (text) => {
    told.textContent = text;
  };
  const ready = () => {
    button.disabled = data.room < 1 || !video.srcObject || !video.videoWidth;
  };
  const stopped = (stream) => {
    for (const track of stream?.getTracks() ?? []) track.stop();
  };
  const turnOff = () => {
    clearInterval(live.timer);
    live.timer = 0;
    stopped(live.stream);
    video.srcObject = null;
    ready();
  };
  const turnOn = async (wanted) => {
    live.turn += 1;
    const turn = live.turn;
    turnOff();
    let stream = null;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: wanted });
    } catch (error) {
      if (turn === live.turn) say(PROBLEMS[error.name] ?? `The camera does not start (${error.name}).`);
      return;
    }
    if (turn !== live.turn || !camera.isConnected) {
      stopped(stream); // another one was asked for meanwhile, or the visitor has left
      return;
    }
    live.stream = stream;
    video.srcObject = stream;
    say("");
    const devices = await navigator.mediaDevices.enumerateDevices();
    live.cameras = devices.filter((device) => device.kind === "videoinput");
    other.hidden = live.cameras.length < 2;
  };
  const nextCamera = () => {
    const now = live.stream?.getVideoTracks()[0]?.getSettings().deviceId;
    const place = live.cameras.findIndex((device) => device.deviceId === now);
    return { deviceId: { exact: live.cameras[(place + 1) % live.cameras.length].deviceId } };
  };

  const take = () => {
    if (!video.videoWidth || live.photos.length >= data.room) return;
    const scale = SIDE / Math.min(video.videoWidth, video.videoHeight);
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    live.photos.push(canvas.toDataURL("image/jpeg", 0.9));
    live.count += 1;
    say(live.photos.length === 1 ? "1 new photo" : `${live.photos.length} new photos`);
  };
  const send = () => {
    if (live.photos.length) setTriggerValue("taken", { upTo: live.count, photos: live.photos });
  };
  const hold = () => {
    if (live.timer || button.disabled) return;
    take();
    live.timer = setInterval(take, EVERY);
  };
  const release = () => {
    if (!live.timer) return;
    clearInterval(live.timer);
    live.timer = 0;
    send();
  };

  button.onpointerdown = (event) => {
    if (event.button !== 0) return;
    button.setPointerCapture(event.pointerId); // a finger may slip off the button
    hold();
  };
  button.onpointerup = release;
  button.onpointercancel = release;
  button.oncontextmenu = (event) => event.preventDefault(); // what a long touch would open
  const isKey = (event) => event.key === " " || event.key === "Enter";
  button.onkeydown = (event) => {
    if (!isKey(event)) return;
    event.preventDefault(); // otherwise the key would also be a click
    hold();
  };
  button.onkeyup = (event) => {
    if (isKey(event)) release();
  };
  button.onblur = release;
  button.onclick = (event) => {
    if (event.detail > 0) return; // a pointer's click, which has been taken care of
    take(); // a screen reader's
    send();
  };
  other.onclick = () => turnOn(nextCamera());
  video.onloadeddata = ready;
  ready();
  if (!live.turn) turnOn({ facingMode: "environment" }); // a phone's camera at the back
  return replaced(camera, () => {
    if (!camera.isConnected) turnOff();
  });
}
