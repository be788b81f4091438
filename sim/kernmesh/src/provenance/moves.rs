//! Boxes of inputs that are taken in place of others, held against the values: the sets of what is taken and what is meant
//! alone do not say which box stands for which.

use oplog::provenance::{Difference, Ranges, Region};
use program::Program;
use replay::provenance::compare::{self, Found, Move};
use replay::provenance::{Slice, boxes, region};
use replay::verdict::Wrong;

use super::asking::Asked;
use super::tracing::{OfInput, Tracing};
use super::{causes, shape};

/// Share of the error that may be left where a move is taken for its cause, beside what is allowed of the element.
const LEFT: f64 = 0.05;
/// Choices of moves that are tried: each computes the element once.
const TRIED: usize = 16;

impl Tracing<'_> {
    /// Differences that the reference confirms: boxes in place of others where it gives the wrong value with them, and else
    /// what is missing, foreign or taken too often.
    pub fn proved(
        &self,
        program: &Program,
        right: Option<&Slice>,
        asked: &mut Asked<'_>,
        found: Vec<OfInput>,
    ) -> Vec<Difference> {
        let moves = found.iter().map(|of| (of.0, self.moves(program, right, of)));
        let moves: Vec<(usize, Vec<Move>)> = moves.filter(|(_, moves)| !moves.is_empty()).collect();
        let all = choices(&moves)
            .take(TRIED)
            .find(|chosen| self.gives(asked, chosen) == Some(true))
            .unwrap_or_default();
        let chosen =
            |input| all.iter().find(|(of, ..)| *of == input).map(|(_, taken, meant)| (*taken, *meant));
        let told = |(input, of)| self.told_of(program, input, of, chosen(input));
        let mut differences: Vec<Difference> =
            found.iter().flat_map(|(input, of)| told((*input, of))).collect();
        let is_left = |input: usize| chosen(input).is_none();
        differences.extend(self.repeated(program, right, Some(asked), is_left));
        differences
    }

    /// Differences that no reference can confirm: of the moves of an input the first that is the error, or else the first.
    pub fn likely(&self, program: &Program, right: Option<&Slice>, found: Vec<OfInput>) -> Vec<Difference> {
        let (mut all, mut moved) = (Vec::new(), Vec::new());
        for of in &found {
            let moves = self.moves(program, right, of);
            let is_error = |(taken, meant): &&Move| {
                let difference = self.displaced(program, of.0, taken, meant);
                causes::is_confirmed(self, &difference) == Some(true)
            };
            // What the sets say: a shift that is not the error is one of many.
            let of_sets = of.1.whole.clone().or_else(|| self.pair(program, right, of));
            let chosen = moves.iter().find(is_error).or(of_sets.as_ref());
            moved.extend(chosen.map(|_| of.0));
            all.extend(self.told_of(program, of.0, &of.1, chosen.map(|(taken, meant)| (taken, meant))));
        }
        all.extend(self.repeated(program, right, None, |input| !moved.contains(&input)));
        all
    }

    /// What may be taken in place of what, of one input, the likeliest first: a box that begins too early is a plainer
    /// cause than the part of it that is left over.
    fn moves(&self, program: &Program, right: Option<&Slice>, of: &OfInput) -> Vec<Move> {
        let whole = of.1.whole.iter().cloned();
        let shifts = self.shifts(program, of);
        let mut all: Vec<Move> = whole.chain(shifts).chain(self.pair(program, right, of)).collect();
        all.dedup();
        all
    }

    /// The only box that is foreign, or taken too often, in place of the only one that is missing.
    fn pair(&self, program: &Program, right: Option<&Slice>, of: &OfInput) -> Option<Move> {
        let (input, Found { missing, pair, .. }) = of;
        if pair.is_some() {
            return pair.clone();
        }
        let [missing] = &missing[..] else { return None };
        let right = right.map(|right| &right.inputs[*input]);
        let (_, boxes) =
            compare::repeated(&shape(&program.inputs[*input]), &self.slice.inputs[*input], right)?;
        let [(taken, _)] = &boxes[..] else { return None };
        compare::is_moved(taken, missing).then(|| (taken.clone(), missing.clone()))
    }

    /// Boxes that are taken, shifted along one axis to what is missing beside them.
    fn shifts(&self, program: &Program, (input, found): &OfInput) -> Vec<Move> {
        let [missing] = &found.missing[..] else { return Vec::new() };
        let name = &program.inputs[*input].name;
        let taken = self.slice.taken(program, self.inputs).into_iter();
        let of_input = taken.filter(|it| it.region.input == *name);
        of_input.filter_map(|it| shifted_to(&it.region.ranges, missing)).collect()
    }

    /// Whether the reference gives the wrong value with these boxes in place of those; `None` when it cannot be computed.
    fn gives(&self, asked: &Asked<'_>, moves: &[(usize, &Ranges, &Ranges)]) -> Option<bool> {
        let Wrong { value, oracle, excess, .. } = self.worst;
        let error = (value - oracle).abs();
        Some((asked.moved(moves)? - value).abs() <= (error - excess).min(LEFT * error))
    }

    fn displaced(&self, program: &Program, input: usize, taken: &Ranges, meant: &Ranges) -> Difference {
        let taken = self.slice.region(program, input, taken.clone());
        Difference::Displaced { taken, meant: region(program, input, meant.clone()) }
    }

    fn told_of(
        &self,
        program: &Program,
        input: usize,
        found: &Found,
        moved: Option<(&Ranges, &Ranges)>,
    ) -> Vec<Difference> {
        if let Some((taken, meant)) = moved {
            return vec![self.displaced(program, input, taken, meant)];
        }
        let missing = found.missing.iter().cloned();
        let missing = missing.map(|it| Difference::Missing { region: region(program, input, it) });
        let foreign = found.foreign.iter().cloned();
        let foreign = foreign.map(|it| Difference::Foreign { region: self.slice.region(program, input, it) });
        missing.chain(foreign).collect()
    }

    /// Boxes that are taken too often, of some inputs. Where there is a reference, what they give too much must be the
    /// error.
    fn repeated(
        &self,
        program: &Program,
        right: Option<&Slice>,
        mut asked: Option<&mut Asked<'_>>,
        is_of: impl Fn(usize) -> bool,
    ) -> Vec<Difference> {
        let mut all = Vec::new();
        for (input, host) in program.inputs.iter().enumerate().filter(|(input, _)| is_of(*input)) {
            let ways = &self.slice.inputs[input];
            let right = right.map(|right| &right.inputs[input]);
            let Some((usual, boxes)) = compare::repeated(&shape(host), ways, right) else { continue };
            let is_error = |asked: &mut Asked<'_>| self.is_error(asked, input, usual, &boxes);
            if asked.as_deref_mut().is_some_and(|asked| is_error(asked) == Some(false)) {
                continue;
            }
            let told = |(ranges, times)| {
                let region: Region = self.slice.region(program, input, ranges);
                Difference::Repeated { region, times, usual }
            };
            all.extend(boxes.into_iter().map(told));
        }
        all
    }

    /// Whether the error is what these boxes give too much; `None` when that is not known.
    fn is_error(
        &self,
        asked: &mut Asked<'_>,
        input: usize,
        usual: u32,
        boxes: &[(Ranges, u32)],
    ) -> Option<bool> {
        let Wrong { value, oracle, .. } = self.worst;
        let (error, mut too_much) = (value - oracle, 0.0);
        for (ranges, times) in boxes {
            let given = asked.given(input, ranges)?;
            too_much += given * (f64::from(*times) / f64::from(usual) - 1.0);
        }
        Some((error - too_much).abs() <= 0.25 * error.abs())
    }
}

/// The move of a box along one axis by which it comes to hold a box that ends it, or begins it.
fn shifted_to(taken: &Ranges, missing: &Ranges) -> Option<Move> {
    let mut axes = (0..taken.len()).filter(|&axis| taken[axis] != missing[axis]);
    let (axis, None) = (axes.next()?, axes.next()) else { return None };
    let ([first, end], [from, to]) = (taken[axis], missing[axis]);
    let by = to - from;
    let moved = match (end == from, to == first) {
        (true, _) => [first + by, end + by],
        (false, true) => [first - by, end - by],
        (false, false) => return None,
    };
    Some((taken.clone(), boxes::with(taken, axis, moved)))
}

/// One move of each input, in every way, the likeliest first.
fn choices(moves: &[(usize, Vec<Move>)]) -> impl Iterator<Item = Vec<(usize, &Ranges, &Ranges)>> {
    let n: usize = if moves.is_empty() { 0 } else { moves.iter().map(|(_, of)| of.len()).product() };
    (0..n).map(move |mut number| {
        let one = |(input, of): &'_ (usize, Vec<Move>)| {
            let at = number % of.len();
            number /= of.len();
            (*input, at)
        };
        let chosen: Vec<(usize, usize)> = moves.iter().map(one).collect();
        let found = chosen.iter().zip(moves).map(|((input, at), (_, of))| (*input, &of[*at].0, &of[*at].1));
        found.collect()
    })
}

#[cfg(test)]
mod tests {
    use super::{choices, shifted_to};

    #[test]
    fn a_box_is_shifted_to_what_is_missing_beside_it() {
        let shifted = |taken: [u64; 2], missing: [u64; 2]| {
            shifted_to(&vec![[0, 4], taken], &vec![[0, 4], missing]).map(|(_, meant)| meant[1])
        };
        assert_eq!(shifted([5, 11], [11, 12]), Some([6, 12]));
        assert_eq!(shifted([5, 11], [3, 5]), Some([3, 9]));
        assert_eq!(shifted([3, 4], [4, 5]), Some([4, 5]));
        assert_eq!(shifted([5, 11], [12, 13]), None, "not beside it");
        assert_eq!(shifted([5, 11], [5, 11]), None, "the same");
        assert_eq!(shifted_to(&vec![[0, 4], [5, 11]], &vec![[0, 3], [11, 12]]), None, "two axes");
    }

    #[test]
    fn moves_of_several_inputs_are_tried_together() {
        let to = |at: u64| (vec![[0, 1]], vec![[at, at + 1]]);
        let moves = vec![(0, vec![to(1), to(2)]), (3, vec![to(7), to(8)])];
        let all: Vec<Vec<(usize, u64)>> = choices(&moves)
            .map(|it| it.iter().map(|(input, _, meant)| (*input, meant[0][0])).collect())
            .collect();
        let both = |a, b| vec![(0, a), (3, b)];
        assert_eq!(all, [both(1, 7), both(2, 7), both(1, 8), both(2, 8)]);
        assert_eq!(choices(&[]).count(), 0);
    }
}
