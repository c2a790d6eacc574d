"""Checks within a training: callbacks for Lightning and for the Trainer of Hugging Face.

Neither library is needed until its module is imported: `netinit.torch.callbacks.lightning` or
`netinit.torch.callbacks.huggingface`.
"""
