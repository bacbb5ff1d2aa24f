//! Convolution, batch norm and powers on the CPU, on plain slices.
