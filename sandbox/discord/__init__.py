"""A loopback Discord: REST, gateway and CDN for bots, a desk to act as people and to watch."""
