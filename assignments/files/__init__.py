"""Tables, zips and the writing of whole files: what people and programs write, as it really is."""
