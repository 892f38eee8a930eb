"""The backtest as people use it: files and options in; table, picture, CSV and JSON out."""
