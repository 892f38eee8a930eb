"""What the bot knows and decides. Names no vendor outside `core.llm` and `core.news`."""
