"""Operations on arrays that compiled code alone has."""
