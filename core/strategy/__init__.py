"""Pure decisions over prices: no clock, no I/O. `parameters` alone is free of numpy."""
