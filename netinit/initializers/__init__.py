"""The initializers: draws, variance scaling, structured weights, biases, and their catalogue."""

from netinit.initializers import biases, sampling, scaling, structured
from netinit.initializers.biases import *
from netinit.initializers.catalogue import Scheme, catalogue
from netinit.initializers.fans import Fans, fans
from netinit.initializers.parameters import init_parameters
from netinit.initializers.registry import get, names
from netinit.initializers.sampling import *
from netinit.initializers.scaling import *
from netinit.initializers.streams import streams
from netinit.initializers.structured import *

__all__ = ["Fans", "Scheme", "catalogue", "fans", "get", "init_parameters", "names", "streams"]
__all__ += biases.__all__
__all__ += sampling.__all__
__all__ += scaling.__all__
__all__ += structured.__all__
