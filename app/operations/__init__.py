"""Operations: work that takes longer than an answer may, done batch by batch."""
