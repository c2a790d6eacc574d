"""Python in the page: what the engine is made of, and what a page with code does with it.

``engine.toml`` names the files, ``sources.py`` finds them, ``packing.py`` makes the engine of
them. The JavaScript modules are the page's and its worker's; ``python/`` goes into the engine.
"""
