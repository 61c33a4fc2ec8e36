"""Operations on values of Python's classes that compiled code alone has."""
