// Says whether an answer from Python is outdated, and so must not undo the user's latest choice.
//
// A choice is shown at once and sent to Python, which answers later. Until then Python may repeat an old
// answer, or answer an earlier choice.
//
// sent: the last answer that was not outdated, followed by all choices that were sent after it.
function isOutdated(sent, answer) {
  const at = sent.findLastIndex((choice) => String(choice) === String(answer));
  const outdated = at >= 0 && at < sent.length - 1;
  if (outdated) sent.splice(0, at);
  else sent.splice(0, sent.length, answer);
  return outdated;
}
