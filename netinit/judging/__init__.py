"""What a batch shows of a model, judged from numbers alone: no framework is needed."""
