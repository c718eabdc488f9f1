"""How fast it is, as ratios within one run: `make bench`. Nothing here is part of `make test`."""
