"""The book as one volume: the pages of the built site, joined into a PDF or an EPUB.

`volume.source` reads the site in the order of ``_toc.yml``, `volume.prepare` makes of each page
what a book without scripts can hold, `volume.paper` prints it, and `volume.epub` packs it.
"""
