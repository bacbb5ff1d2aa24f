/// Which vector instructions an element-wise pass or a matrix product uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Path {
    /// What the compiler makes for the build's baseline.
    Portable,
    /// AVX2 and FMA: 8 single-precision numbers at once.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512: 16 single-precision numbers at once.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

#[cfg(test)]
thread_local! {
    static FORCED: std::cell::Cell<Option<Path>> = const { std::cell::Cell::new(None) };
}

impl Path {
    /// The best path of this machine, found at run time (the standard library remembers it).
    pub(crate) fn best() -> Path {
        #[cfg(test)]
        if let Some(path) = FORCED.get() {
            return path;
        }
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            if avx2
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512bw")
            {
                return Path::Avx512;
            }
            if avx2 {
                return Path::Avx2;
            }
        }
        Path::Portable
    }

    /// All paths that this machine can run.
    #[cfg(test)]
    pub(crate) fn available() -> Vec<Path> {
        let mut paths = vec![Path::Portable];
        #[cfg(target_arch = "x86_64")]
        match Path::best() {
            Path::Portable => {}
            Path::Avx2 => paths.push(Path::Avx2),
            Path::Avx512 => paths.extend([Path::Avx2, Path::Avx512]),
        }
        paths
    }

    /// Runs `work` on this thread with the given path, which the machine must have.
    #[cfg(test)]
    pub(crate) fn force<R>(self, work: impl FnOnce() -> R) -> R {
        let before = FORCED.replace(Some(self));
        let result = work();
        FORCED.set(before);
        result
    }
}

/// Compiles the one body of a generic function for each [`Path`] and picks at run time.
///
/// Bodies hold only plain arithmetic, which the compiler vectorises without changing a result:
/// all paths give the same bits.
macro_rules! vectorised {
    ($(
        $(#[$meta:meta])*
        pub(crate) fn $name:ident<T: Real>($($arg:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block
    )*) => {$(
        $(#[$meta])*
        pub(crate) fn $name<T: Real>($($arg: $type),*) $(-> $result)? {
            #[inline(always)]
            fn body<T: Real>($($arg: $type),*) $(-> $result)? $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2<T: Real>($($arg: $type),*) $(-> $result)? {
                body($($arg),*)
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512dq,avx512bw")]
            fn avx512<T: Real>($($arg: $type),*) $(-> $result)? {
                body($($arg),*)
            }

            match Path::best() {
                Path::Portable => body($($arg),*),
                #[cfg(target_arch = "x86_64")]
                // SAFETY: this path is taken only where the machine has its instructions.
                Path::Avx2 => unsafe { avx2($($arg),*) },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: as above.
                Path::Avx512 => unsafe { avx512($($arg),*) },
            }
        }
    )*};
}

pub(crate) use vectorised;
