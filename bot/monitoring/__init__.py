"""What the bot tells other machines of itself: health pages and figures."""
