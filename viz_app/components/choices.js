// A choice is shown at once and sent to Python, whose answer comes later. Until then Python may say again what
// it knew before, or answer an earlier choice; neither must undo the latest one.
//
// sent: what Python is known to have answered, then the choices sent since; kept where the next call finds it.
function isOutdated(sent, answer) {
  const at = sent.findLastIndex((choice) => String(choice) === String(answer));
  const outdated = at >= 0 && at < sent.length - 1;
  if (outdated) sent.splice(0, at);
  else sent.splice(0, sent.length, answer);
  return outdated;
}

