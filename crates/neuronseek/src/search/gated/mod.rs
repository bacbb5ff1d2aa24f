//! `td`: the paper's differentiable search with hard-concrete gates (NS-TD).
