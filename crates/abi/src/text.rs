//! What compiled code and runtime agree on about texts.

/// Questions about the characters of a text, which are methods of `str`. Compiled code asks by the position in this table.
pub const QUESTIONS: [&str; 9] = ["isalnum", "isalpha", "isdecimal", "isdigit", "isnumeric", "isspace", "isprintable", "islower", "isupper"];
