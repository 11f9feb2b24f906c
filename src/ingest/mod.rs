//! Files of numbers ⇄ arrays: bytes in, arrays out.
