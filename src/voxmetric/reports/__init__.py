"""Reports: plain-data results, tables, plots and the self-contained HTML page."""
