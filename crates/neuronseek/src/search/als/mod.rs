//! `als`: alternating least squares with model choice.
