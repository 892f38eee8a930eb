"""CSV files of daily prices, read strictly: see `reader.read_prices`."""
