"""One page of the dashboard per file; the file has the name of the page's URL."""
