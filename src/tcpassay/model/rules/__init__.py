"""RFC 9293, 3.10.7 as rules: a state and a segment give the answers allowed and the next states.

One module a step, in the order of the text; each rule names the requirement that it applies.
`segment_arrives` is what the matrix enumerates and the oracle asks.
"""

from tcpassay.model.rules.arrival import segment_arrives

__all__ = ["segment_arrives"]
