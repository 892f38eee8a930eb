"""What keeps the process running: lock, scheduler, health, logging, status."""
