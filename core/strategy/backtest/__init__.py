"""What a strategy would have done with past prices. Pure: arrays in, values out."""
