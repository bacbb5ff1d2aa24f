//! The fifteen synthetic cases.
