"""KIS (한국투자증권) REST: `open_kis` makes the frozen adapter of one `KisAccount`."""
