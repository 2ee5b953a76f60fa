"""The parts that pages are put together from: choose something, run it and wait, show the result."""
