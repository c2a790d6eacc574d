"""The drawing engine: blocks, streams and distributions behind the initializers."""
