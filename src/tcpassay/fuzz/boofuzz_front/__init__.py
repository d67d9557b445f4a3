"""boofuzz as a front end: dictionary sweeps of a segment's fields and options in every state.

boofuzz makes the cases and keeps the book of them; what plays, judges and keeps findings is what
does so for every other case. boofuzz is imported here only, and by no module that a replay needs.
"""
