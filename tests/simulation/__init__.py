"""The deterministic simulation: the real application on a virtual loop, one seed one history.

Inside are core, storage on the real SQLite dialect, and the KIS adapter over an httpx transport
that calls the sandbox's handlers in memory. No socket, no thread, no real waiting.
"""
