"""What pages are put together from: choose, run and wait, show."""
