"""Series in long tables: their calendar, their seasons, and the columns that tell them apart. Pure functions."""
