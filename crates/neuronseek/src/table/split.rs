//! The splits: by hashing the row number, as the tabular protocol has it.
