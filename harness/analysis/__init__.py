"""Tables into tables: hits, order, and how sure a statement is. Nothing here knows a run, a method or a problem."""
