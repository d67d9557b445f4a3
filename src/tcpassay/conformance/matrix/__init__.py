"""The matrix: every state x flags x sequence edge x ACK edge, judged by the rules of the model."""
