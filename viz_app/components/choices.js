// A choice is shown at once and sent to Python, whose answer comes later. While another choice was made
// meanwhile, the answer to the earlier one must not undo it.
//
// sent: the choices without an answer, oldest first; kept where the next call finds it.
function isOutdated(sent, answer) {
  const at = sent.findIndex((choice) => String(choice) === String(answer));
  const outdated = at >= 0 && at < sent.length - 1;
  sent.splice(0, outdated ? at + 1 : sent.length);
  return outdated;
}

