"""The parts of the side-by-side benches: data, engines, measuring, reporting."""
