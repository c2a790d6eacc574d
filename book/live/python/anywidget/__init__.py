"""The base of the book's widgets, in the page: traits whose values the page's own host draws."""

import base64

import traitlets

MIME = "application/x-netinit-widget"


class AnyWidget(traitlets.HasTraits):
    """A widget whose state goes to the page when it is shown; nothing comes back."""

    _esm = ""
    _css = ""

    def record(self) -> dict:
        """The state as a saved page has it: values, and bytes in base64 with their places."""
        state, buffers = {"_esm": str(self._esm), "_css": str(self._css)}, []
        for name in self.traits(sync=True):
            value = getattr(self, name)
            if isinstance(value, bytes):
                data = base64.b64encode(value).decode()
                buffers.append({"path": [name], "data": data, "encoding": "base64"})
                value = None
            state[name] = value
        return {"model_name": "AnyModel", "state": state, "buffers": buffers}

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict]:
        return {MIME: self.record(), "text/plain": repr(self)}, {}
