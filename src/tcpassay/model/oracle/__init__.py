"""The oracle: the rules of the model applied to everything that a trace holds."""

from tcpassay.model.oracle.oracle import Oracle, judge_trace
from tcpassay.model.oracle.report import Report, Violation

__all__ = ["Oracle", "Report", "Violation", "judge_trace"]
