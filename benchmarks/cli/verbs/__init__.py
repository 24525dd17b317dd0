"""One file per verb; each holds its settings, its function and one `VERB`."""
