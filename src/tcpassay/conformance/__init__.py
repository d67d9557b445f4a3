"""Cases, the bench they run on, and the runner."""
