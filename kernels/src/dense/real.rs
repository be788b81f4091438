//! The number types of the references, and lines of them: 64 bytes that are summed side by side.

/// 64 bytes of numbers, on a boundary of 64 bytes.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub struct Line<A>(pub A);

/// f64 for an oracle, f32 for a naive computation.
pub trait Real: Copy + Default + PartialOrd + Send + Sync + 'static {
    type Line: Copy + Send + Sync;
    /// Numbers of a line.
    const WIDTH: usize;
    const ZEROS: Self::Line;
    fn numbers(line: &Self::Line) -> &[Self];
    fn numbers_mut(line: &mut Self::Line) -> &mut [Self];
    /// `sum + x · line`, each product rounded before it is added.
    fn add(sum: &mut Self::Line, x: Self, line: &Self::Line);
    fn narrow(x: f64) -> Self;
    fn wide(self) -> f64;
}

macro_rules! real {
    ($type:ty, $width:literal, $narrow:expr) => {
        impl Real for $type {
            type Line = Line<[$type; $width]>;
            const WIDTH: usize = $width;
            const ZEROS: Self::Line = Line([0.0; $width]);
            #[inline(always)]
            fn numbers(line: &Self::Line) -> &[Self] {
                &line.0
            }
            #[inline(always)]
            fn numbers_mut(line: &mut Self::Line) -> &mut [Self] {
                &mut line.0
            }
            #[inline(always)]
            fn add(sum: &mut Self::Line, x: Self, line: &Self::Line) {
                for lane in 0..$width {
                    sum.0[lane] += x * line.0[lane];
                }
            }
            #[inline(always)]
            fn narrow(x: f64) -> Self {
                $narrow(x)
            }
            #[inline(always)]
            fn wide(self) -> f64 {
                f64::from(self)
            }
        }
    };
}

real!(f64, 8, |x| x);
real!(f32, 16, |x| x as f32);
