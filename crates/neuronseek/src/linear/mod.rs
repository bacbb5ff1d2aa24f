//! Linear and logistic regression, and the small dense algebra below them.
