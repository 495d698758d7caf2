"""What is handed over of a study: one HTML file, single figures, and tables.

Every number is an answer of app.show, so that a file says what `passband show` says.
"""
