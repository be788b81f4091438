//! Contributions of the elements of a tensor in row-major order, as lengths with keys.

use super::keys::Keys;

/// Neighbours with equal keys are one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs(Vec<(u64, Keys)>);

impl Runs {
    /// `n` elements that hold the same.
    pub fn of(n: u64, keys: Keys) -> Runs {
        let mut runs = Runs::default();
        runs.push(n, keys);
        runs
    }
    pub fn push(&mut self, n: u64, keys: Keys) {
        match self.0.last_mut() {
            Some((so_far, last)) if *last == keys => *so_far += n,
            Some(_) | None if n > 0 => self.0.push((n, keys)),
            Some(_) | None => {}
        }
    }
    pub fn iter(&self) -> impl Iterator<Item = &(u64, Keys)> {
        self.0.iter()
    }

    /// Element by element with another tensor of as many elements.
    #[must_use]
    pub fn zip(&self, other: &Runs, join: fn(&Keys, &Keys) -> Keys) -> Runs {
        let mut zipped = Runs::default();
        let mut others = other.0.iter();
        let mut left = 0;
        let mut theirs = &Keys::default();
        for (n, keys) in &self.0 {
            let mut to_do = *n;
            while to_do > 0 {
                if left == 0 {
                    let next = others.next().expect("both have as many elements");
                    (left, theirs) = (next.0, &next.1);
                }
                let both = to_do.min(left);
                zipped.push(both, join(keys, theirs));
                (to_do, left) = (to_do - both, left - both);
            }
        }
        zipped
    }

    /// Every `n` elements become one. `join` of equal keys must change nothing.
    #[must_use]
    pub fn grouped(&self, n: u64, join: fn(&Keys, &Keys) -> Keys) -> Runs {
        let mut groups = Runs::default();
        // A group that has begun: how many elements it still lacks, and what it holds so far.
        let mut open: Option<(u64, Keys)> = None;
        for (length, keys) in &self.0 {
            let mut left = *length;
            if let Some((lacks, so_far)) = open.take() {
                let taken = lacks.min(left);
                let joined = join(&so_far, keys);
                left -= taken;
                if taken < lacks {
                    open = Some((lacks - taken, joined));
                } else {
                    groups.push(1, joined);
                }
            }
            groups.push(left / n, keys.clone());
            if left % n > 0 {
                open = Some((n - left % n, keys.clone()));
            }
        }
        groups
    }

    /// Every element `times` times.
    #[must_use]
    pub fn stretched(&self, times: u64) -> Runs {
        Runs(self.0.iter().map(|(n, keys)| (n * times, keys.clone())).collect())
    }
    /// The whole `times` times, one after the other.
    #[must_use]
    pub fn repeated(&self, times: u64) -> Runs {
        if let [_] = self.0[..] {
            return self.stretched(times);
        }
        let mut all = Runs::default();
        for _ in 0..times {
            self.0.iter().for_each(|(n, keys)| all.push(*n, keys.clone()));
        }
        all
    }
}
